"""The cost of guessed passwords to members, and of a password to members that come back.

`python -m benchmarks.guard --help`. Each figure is compared with the same server without the attempts, or without the
password, in the same run.
"""

import argparse
import asyncio
import contextlib
import os
import select
import time
from collections import Counter
from secrets import token_hex
from statistics import median

from benchmarks import machine, traffic
from benchmarks.client import Client, handshake
from benchmarks.connections import Connections
from benchmarks.load import Load
from benchmarks.results import Figures
from benchmarks.server import Server, new_sites
from benchmarks.subjects import OURS_ON_DAPHNE, SAY, SQLITE
from rtproject.tests.support.site import Site

PASSWORD = "the-right-one"  # noqa: S105
GUARDED, OPEN = f"/ws/guarded?pass={PASSWORD}", "/ws/open"
MAKE_ROOMS = f"""
from rooms.models import Room
Room.objects.create(name="open")
room = Room(name="guarded")
room.set_password({PASSWORD!r})
room.save()
"""
ATTACKERS = 200  # each from an address of its own
RATE = 20.0  # messages a second of the member
WARM_UP = 5.0  # seconds before anything counts
SPARE = 5.0  # seconds by which the attack is longer, so that it covers late messages
RETURN_SECONDS = 0.5  # between two members that come back
RETURNING = 2_000  # members that come back at once


def main() -> None:
    """Measure and print."""
    options = _options()
    print("\n".join(machine.describe()))
    machine.raise_file_limit()
    with new_sites() as sites:
        site = sites[SQLITE]
        site.manage("shell", "-v", "0", "-c", MAKE_ROOMS)  # `execute` would set a password with a cheap hash
        for core, cores in ((machine.SERVER_CORE, "one core"), (None, "all cores")):
            print(f"\nThe server and its hash processes have {cores}.")
            _under_attack(site, core, options.rounds, options.seconds)
        _everybody_returns(site)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guard", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="with and without wrong passwords (default: 3)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement (default: 20)")
    return parser.parse_args()


def _under_attack(site: Site, core: int | None, rounds: int, seconds: float) -> None:
    """A member sends messages, with and without attackers that try passwords."""
    print(f"Echo of a member's own message, {RATE:g} a second, without and with {ATTACKERS} attackers:")
    ratios = []
    with Server(OURS_ON_DAPHNE, site, core) as server, Load() as load:
        load.do(go_first)
        load.do(traffic.connect, endpoint=server.endpoint(GUARDED), count=1)
        _measure(server, load, WARM_UP)
        for _ in range(rounds):
            calm, _ = _measure(server, load, seconds)
            with Load() as attackers:
                attack = attackers.start(_attack, port=server.port, seconds=WARM_UP + seconds + SPARE)
                _measure(server, load, WARM_UP)
                memory = server.resident_memory()
                attacked, returns = _measure(server, load, seconds)
                grown = server.resident_memory() - memory
                answers = attack.result()
                del answers["generator"]
            ratios.append(attacked["p99"] / calm["p99"])
            both = [f"{name} {calm[name]:.1f} and {attacked[name]:.1f} ms" for name in ("p50", "p99")]
            print(f"  {', '.join(both)}: {ratios[-1]:.2f} x; missed {attacked['missing']:.0f}")
            print(f"    the server grew by {grown:.1f} MiB; answers to the attempts: {answers}")
            took = f"{1e3 * median(returns):.0f} ms, {1e3 * max(returns):.0f} at most"
            print(f"    {len(returns)} members came back, in {took}")
    print(f"  p99, median of {rounds} rounds: {median(ratios):.2f} x")


def _measure(server: Server, load: Load, seconds: float) -> tuple[Figures, list[float]]:
    """The figures of the member's messages, and the seconds that others take to come back."""
    messages = load.start(traffic.paced, template=SAY, seconds=seconds, rate=RATE)
    returns: list[float] = []
    while not messages.done():
        time.sleep(RETURN_SECONDS)
        returns.append(_return(server.port, f"127.2.0.{1 + len(returns) % 250}"))
    return messages.result(), returns


def _return(port: int, source: str) -> float:
    """The seconds that it takes a member to enter the guarded room; infinity if it is denied."""
    began = time.perf_counter()
    client = Client(port, GUARDED, source, greeted=True)
    while not (client.open or client.closed):
        select.select([client.sock], [], [])
        client.read()
    client.sock.close()
    return time.perf_counter() - began if client.open else float("inf")


def _everybody_returns(site: Site) -> None:
    """Members come back as fast as they are accepted, to an open room and to a guarded one."""
    print(f"\n{RETURNING} members come back to a room:")
    for path, kind in ((OPEN, "open"), (GUARDED, "guarded")):
        with Server(OURS_ON_DAPHNE, site) as server, Load() as load:
            load.do(traffic.connect, endpoint=server.endpoint(path), count=1)
            before = server.cpu()
            figures = load.do(traffic.connect, endpoint=server.endpoint(path), count=RETURNING)
            took, used = RETURNING / figures["connects"], server.cpu() - before
            print(f"  {kind}: {figures['open'] - 1:.0f} inside after {took:.1f} s, {used:.1f} s of CPU")


def go_first(_: Connections) -> Figures:
    """Give the generator priority over all others, so that it does not measure its own waiting."""
    with contextlib.suppress(AttributeError, PermissionError):  # it takes Linux, and the right
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    return {}


def _attack(_: Connections, port: int, seconds: float) -> Figures:
    """Try passwords, at the lowest priority: real attackers do not use the server's CPU."""
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    answers: Counter[str] = Counter()
    with contextlib.suppress(TimeoutError):
        asyncio.run(_guess_all(port, seconds, answers))
    return dict(answers)


async def _guess_all(port: int, seconds: float, answers: Counter[str]) -> None:
    async with asyncio.timeout(seconds):
        await asyncio.gather(*(_guess_for_ever(number, port, answers) for number in range(ATTACKERS)))


async def _guess_for_ever(number: int, port: int, answers: Counter[str]) -> None:
    source = f"127.1.{number // 250}.{1 + number % 250}"
    while True:
        try:
            answers[await _guess(source, port)] += 1
        except OSError:
            answers["no connection"] += 1
            await asyncio.sleep(0.01)


async def _guess(source: str, port: int) -> str:
    """Try one password. Returns the HTTP status or the close code."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        writer.write(handshake(port, f"/ws/guarded?pass={token_hex(8)}"))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            return head[9:12].decode()
        close = await reader.readexactly(4)  # the first frame is the close frame, which has only a code
        return str(int.from_bytes(close[2:]))
    except asyncio.IncompleteReadError:
        return "no code"
    finally:
        writer.transport.abort()


if __name__ == "__main__":
    main()
