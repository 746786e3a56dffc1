"""Clients that guess a room's password without pause: a process of its own, see `guard.py`.

`python -m benchmarks.attackers PORT PATH COUNT` guesses until its standard input ends, then prints as one line of JSON
how often it was answered with which close code.
"""

import asyncio
import base64
import json
import os
import secrets
import sys
from collections import Counter

answers: Counter[str] = Counter()


async def guess_for_ever(number: int, port: int, path: str) -> None:
    """One attacker, from an address of its own."""
    source = f"127.1.{number // 250}.{1 + number % 250}"
    while True:
        try:
            answers[await _guess(source, port, f"{path}?pass={secrets.token_hex(8)}")] += 1
        except OSError:
            answers["no connection"] += 1
            await asyncio.sleep(0.01)


async def _guess(source: str, port: int, path: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            return head[9:12].decode()
        close = await reader.readexactly(4)  # nothing comes before the close frame, which has but a code
        return str(int.from_bytes(close[2:]))
    except asyncio.IncompleteReadError:
        return "no code"
    finally:
        writer.transport.abort()


async def main(port: int, path: str, count: int) -> None:
    attackers = [asyncio.create_task(guess_for_ever(number, port, path)) for number in range(count)]
    await asyncio.to_thread(sys.stdin.read)
    print(json.dumps(answers))
    for attacker in attackers:
        attacker.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
