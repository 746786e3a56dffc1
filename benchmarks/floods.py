"""The cost of floods to a member: pings, broken frames, empty echoes, talk to `/stats`, and large bodies.

`python -m benchmarks.floods --help`. The member says something every 60 ms and waits until it is back. Each figure is
compared with the same server without the attack, in the same run.
"""

import argparse
import os
import selectors
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any, cast

from benchmarks import machine, traffic
from benchmarks.client import PING, TEXT, encode, handshake
from benchmarks.connections import Connections
from benchmarks.guard import go_first
from benchmarks.load import Load
from benchmarks.results import Figures
from benchmarks.server import Server
from benchmarks.subjects import OURS, SAY
from rtproject.tests.support.site import Site

ROOM, SOURCE = "/ws/lobby", "127.0.0.2"
PAUSE = 0.06  # seconds between two messages of the member
WARM_UP = 2.0  # seconds of an attack before anything counts
PIECE = 64 * 1024  # bytes of frames or of a body that an attacker sends at a time
FRAMES = {  # by name: the path, and what is sent there again and again
    "pings": (ROOM, encode(PING, b"")),
    "broken frames": (ROOM, encode(TEXT, b"{")),
    "empty echoes": ("/echo", encode(TEXT, b"")),
    "talk to /stats": ("/stats", encode(TEXT, b"hi")),
}
FORM, PARTS = b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
SIZE = 1_000_000
BODIES = {  # by name: the Content-Type, and the body with how it is sent
    "a form": (FORM, b"a=b&" * (SIZE // 4), False),
    "parts": (PARTS, PART * (SIZE // len(PART)), False),
    "parts in chunks of a byte": (PARTS, PART * (SIZE // len(PART) // 6), True),
    "20 MB": (PARTS, PART * (20 * SIZE // len(PART)), False),
}
PATHS = ("/", "/rooms/VIP/", "/admin/login/", "/login/", "/unknown", "/static/rtproject/style.css", "/api/")
METHODS = ("POST", "PUT", "GET")
Begin = Callable[[socket.socket, int], Iterator[bytes]]  # of a connection, and its number


def main() -> None:
    """Measure and print."""
    options = _options()
    print("\n".join(machine.describe()))
    attacks: list[tuple[str, Callable[..., Figures]]] = [
        (f"{count} x {name}", partial(_send_frames, count=count, name=name))
        for name in FRAMES
        for count in options.connections
    ]
    attacks += [(f"10 x {name}", partial(_send_bodies, count=10, name=name)) for name in BODIES]
    print(f"{'':30}{'attack':32}{'p50':>8}{'p99':>8}{'max':>9}{'alone':>8}{'MiB':>7}  sent")
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder), {"WEBSOCKETS_PER_ADDRESS": 0})
        site.manage("migrate", "--verbosity", "0")
        site.manage("demo")
        for subject in (each for each in OURS if options.server in each.name):
            for title, attack in attacks:
                if options.only in title:
                    with Server(subject, site) as server:
                        print(f"{subject.name:30}{title:32}{_measure(server, attack, options.seconds)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floods", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement (default: 20)")
    parser.add_argument("--connections", type=int, nargs="+", default=[20, 100], help="(default: 20 100)")
    parser.add_argument(
        "--only", default="", metavar="WORD", help="the attacks whose names have WORD in them"
    )
    parser.add_argument("--server", default="", metavar="NAME", help="Daphne or uvicorn (default: both)")
    return parser.parse_args()


def _measure(server: Server, attack: Callable[..., Figures], seconds: float) -> str:
    """A member alone, then with the attack."""
    with Load() as load, Load() as attackers, tempfile.NamedTemporaryFile() as running:
        load.do(go_first)
        load.do(traffic.connect, endpoint=server.endpoint(ROOM), count=1)
        said = partial(load.do, traffic.closed_loop, template=SAY, pause=PAUSE, seconds=seconds)
        alone, memory = said(), server.resident_memory()
        attacking = attackers.start(attack, port=server.port, running=Path(running.name))
        time.sleep(WARM_UP)
        figures, grown = said(), server.resident_memory() - memory
        running.close()
        counts = attacking.result()
    times = "".join(f"{figures[name]:8.1f}" for name in ("p50", "p99", "longest"))
    result = f"{times}{alone['p99']:8.1f}{grown:7.1f}"
    return f"{result}{counts['bytes'] / 1e6:9.1f} MB, {counts['ended']:.0f} ended"


def _send_frames(_: Connections, port: int, running: Path, count: int, name: str) -> Figures:
    """Send one kind of frame over `count` connections as fast as they are read; read what comes back."""
    path, frame = FRAMES[name]
    pieces = [frame * (PIECE // len(frame))]

    def begin(client: socket.socket, _: int) -> Iterator[bytes]:
        client.sendall(handshake(port, path))
        while b"\r\n\r\n" not in client.recv(PIECE):
            pass
        return cycle(pieces)

    return _attack(port, running, count, begin, again=False)


def _send_bodies(_: Connections, port: int, running: Path, count: int, name: str) -> Figures:
    """Send a body to one path after the other, `count` at a time, each over a connection of its own."""
    kind, body, chunked = BODIES[name]
    pieces = [body[at : at + PIECE] for at in range(0, len(body), PIECE)]
    if chunked:
        pieces = [b"".join(b"1\r\n%c\r\n" % byte for byte in piece) for piece in pieces] + [b"0\r\n\r\n"]
    length = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    rest = b"Cookie: csrftoken=%s\r\nConnection: close\r\nContent-Type: %s\r\n%s" % (b"a" * 32, kind, length)

    def begin(client: socket.socket, number: int) -> Iterator[bytes]:
        line = f"{METHODS[number % len(METHODS)]} {PATHS[number % len(PATHS)]} HTTP/1.1\r\n"
        client.sendall(f"{line}Host: 127.0.0.1:{port}\r\n".encode() + rest + b"\r\n\r\n")
        return iter(pieces)

    return _attack(port, running, count, begin, again=True)


class _Attack:
    """Connections that each send what `begin` returns; with `again` one that ended is made anew."""

    def __init__(self, port: int, begin: Begin, again: bool) -> None:
        self._port, self._begin, self._again = port, begin, again
        self._selector = selectors.DefaultSelector()
        self._begun = 0
        self.bytes = self.ended = 0

    def connect(self) -> None:
        client = socket.create_connection(("127.0.0.1", self._port), source_address=(SOURCE, 0))
        pieces = self._begin(client, self._begun)
        self._begun += 1
        client.setblocking(False)
        both = selectors.EVENT_READ | selectors.EVENT_WRITE
        self._selector.register(client, both, [memoryview(b""), pieces])

    def pump(self) -> None:
        """Send and receive once on each connection that can."""
        for key, events in self._selector.select(0.1):
            client = cast(socket.socket, key.fileobj)
            try:
                if events & selectors.EVENT_WRITE:
                    self._send(client, key.data)
                if events & selectors.EVENT_READ and not client.recv(PIECE):
                    self._end(client)
            except BlockingIOError:
                pass
            except ConnectionError:
                self._end(client)

    def _send(self, client: socket.socket, state: list[Any]) -> None:
        if not state[0]:
            state[0] = memoryview(next(state[1], b""))
        if not state[0]:
            self._selector.modify(client, selectors.EVENT_READ, state)
            return
        sent = client.send(state[0])
        state[0] = state[0][sent:]
        self.bytes += sent

    def _end(self, client: socket.socket) -> None:
        self._selector.unregister(client)
        client.close()
        self.ended += 1
        if self._again:
            self.connect()


def _attack(port: int, running: Path, count: int, begin: Begin, again: bool) -> Figures:
    """Attack over `count` connections as long as the file `running` exists."""
    os.nice(10)
    attack = _Attack(port, begin, again)
    for _ in range(count):
        attack.connect()
    while running.exists():
        attack.pump()
    return {"bytes": attack.bytes, "ended": attack.ended}


if __name__ == "__main__":
    main()
