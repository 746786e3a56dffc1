"""Many connections to one server, read by one thread."""

import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.client import Client

HANDSHAKES = 32  # under way at once: Daphne's listening queue holds 50, and one that overflows costs a second
PER_SOURCE = 5_000  # connections from one loopback address, far below what its ports allow
STALLED_BUFFER = 4096  # bytes: the kernel must not do the reading for a client that does not


@dataclass(frozen=True, slots=True)
class Place:
    """Where to connect to: a `path` on a local `port`; `greeted` is whether the server speaks first there."""

    port: int
    path: str
    greeted: bool


class Crowd:
    """Connections that are read whenever `pump` is called. `total` counts the measured messages of all of them."""

    def __init__(self) -> None:
        self.members: list[Client] = []
        self.stalled: list[Client] = []
        self.total = 0
        self.lost = 0  # members whose connection ended
        self._selector = selectors.DefaultSelector()

    def connect(self, place: Place, count: int, receive_buffer: int | None = None) -> None:
        """Lets `count` more members in, and returns when all are. Raises RuntimeError if one is turned away.

        `receive_buffer` is the size of the kernel's buffer for each, in bytes; None leaves it to the kernel.
        """
        waiting: list[Client] = []
        for index in range(count):
            self.pump_until(lambda: self._entering(waiting) < HANDSHAKES)
            source = _source(len(self.members))
            client = Client(place.port, place.path, source, place.greeted, receive_buffer)
            self._selector.register(client.sock, selectors.EVENT_READ, client)
            self.members.append(client)
            waiting.append(client)
            if self.lost:
                raise RuntimeError(f"connection {index} of {count} was turned away")
        if not self.pump_until(lambda: self.lost > 0 or not self._entering(waiting)) or self.lost:
            raise RuntimeError(f"of {count} connections {self._entering(waiting) + self.lost} did not get in")

    def stall(self, place: Place, count: int) -> None:
        """Lets `count` clients in that will never read again."""
        outside = len(self.members)
        self.connect(place, count, STALLED_BUFFER)
        self.stalled += self.members[outside:]
        del self.members[outside:]
        for client in self.stalled:
            self._selector.unregister(client.sock)

    def pump(self, timeout: float) -> int:
        """Reads what is there, waiting up to `timeout` seconds for it. Returns how many connections had something."""
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
        """Reads until `done()`, at most for `seconds`. Returns whether it was done."""
        deadline = time.perf_counter() + seconds
        while not done():
            left = deadline - time.perf_counter()
            if left <= 0:
                return False
            self.pump(min(left, 1.0))
        return True

    def settle(self, quiet: float = 0.5, seconds: float = 60.0) -> None:
        """Reads until nothing has come for `quiet` seconds: what belongs to the joining is then over."""
        deadline = time.perf_counter() + seconds
        while self.pump(quiet) and time.perf_counter() < deadline:
            pass

    def forget(self) -> None:
        """Sets the counts to zero."""
        self.total = 0
        for client in self.members:
            client.received = 0

    @staticmethod
    def _entering(waiting: list[Client]) -> int:
        """How many are still in their handshake; removes the others from `waiting`."""
        waiting[:] = [client for client in waiting if not client.inside and not client.closed]
        return len(waiting)


def _source(index: int) -> str:
    """The loopback address that the connection number `index` comes from."""
    return f"127.0.0.{1 + index // PER_SOURCE}"
