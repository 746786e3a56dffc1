"""Many connections to one server, read by one thread."""

import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.client import Client

HANDSHAKES = 32  # at a time: Daphne's listening queue holds 50, and an overflow costs a second
PER_SOURCE = 5_000  # connections from one loopback address, far below what its ports allow
STALLED_BUFFER = 4096  # bytes: the kernel must not read for a client that does not


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path on a local port; `greeted` tells whether the server sends the first message there."""

    port: int
    path: str
    greeted: bool


class Connections:
    """Connections that are read by `pump`; `total` counts the measured messages of all members."""

    def __init__(self) -> None:
        self.members: list[Client] = []
        self.stalled: list[Client] = []
        self.total = 0
        self.lost = 0  # members whose connection ended
        self._selector = selectors.DefaultSelector()

    def connect(self, endpoint: Endpoint, count: int, receive_buffer: int | None = None) -> None:
        """Open `count` more connections. Raises RuntimeError if one is denied."""
        clients: list[Client] = []

        def opening() -> int:
            clients[:] = [client for client in clients if not client.open and not client.closed]
            return len(clients)

        for _ in range(count):
            self.pump_until(lambda: opening() < HANDSHAKES)
            source = f"127.0.0.{1 + len(self.members) // PER_SOURCE}"
            client = Client(endpoint.port, endpoint.path, source, endpoint.greeted, receive_buffer)
            self._selector.register(client.sock, selectors.EVENT_READ, client)
            self.members.append(client)
            clients.append(client)
        if not self.pump_until(lambda: self.lost > 0 or not opening()) or self.lost:
            raise RuntimeError(f"{opening() + self.lost} of {count} connections were not opened")

    def stall(self, endpoint: Endpoint, count: int) -> None:
        """Open `count` connections that are never read again."""
        before = len(self.members)
        self.connect(endpoint, count, STALLED_BUFFER)
        self.stalled += self.members[before:]
        del self.members[before:]
        for client in self.stalled:
            self._selector.unregister(client.sock)

    def pump(self, timeout: float) -> int:
        """Read what arrives within `timeout` seconds. Returns how many connections had something."""
        ready = self._selector.select(timeout)
        for key, _ in ready:
            client: Client = key.data
            self.total += client.read()
            if client.closed:
                self._selector.unregister(client.sock)
                client.sock.close()
                self.lost += 1
        return len(ready)

    def pump_until(self, done: Callable[[], bool], seconds: float = 60.0) -> bool:
        """Read until `done()`, for at most `seconds`. Returns whether it was done."""
        deadline = time.perf_counter() + seconds
        while not done():
            left = deadline - time.perf_counter()
            if left <= 0:
                return False
            self.pump(min(left, 1.0))
        return True

    def settle(self, quiet: float = 0.5, seconds: float = 60.0) -> None:
        """Read until nothing arrives for `quiet` seconds."""
        deadline = time.perf_counter() + seconds
        while self.pump(quiet) and time.perf_counter() < deadline:
            pass

    def reset(self) -> None:
        """Set the counts of messages to zero."""
        self.total = 0
        for client in self.members:
            client.received = 0
