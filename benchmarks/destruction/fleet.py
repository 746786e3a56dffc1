"""The processes of one site, each of which comes back on its own port."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from rtproject.tests.support.ports import free_port
from rtproject.tests.support.servers import Daphne
from rtproject.tests.support.site import Site

REPAIRED = re.compile(r"gap of (\d+)")  # what a server logs when it filled one from the store


class Fleet:
    """Daphne processes on `ports`. The log of one that was killed is kept."""

    def __init__(self, site: Site, size: int) -> None:
        self.site = site
        self.ports = [free_port() for _ in range(size)]
        self._running: dict[int, Daphne] = {}
        self._ended: list[str] = []

    async def start(self, *ports: int) -> None:
        """Starts the processes of these ports, together, and returns when all listen."""
        started = await asyncio.gather(*(asyncio.to_thread(_daphne(port), self.site) for port in ports))
        self._running.update(zip(ports, started, strict=True))

    async def kill(self, *ports: int) -> None:
        """Ends the processes of these ports as a power cut would."""
        for port in ports:
            process = self._running.pop(port)
            await asyncio.to_thread(process.kill)
            self._ended.append(_log(process))

    async def stop(self, *ports: int) -> None:
        """Ends the processes of these ports as an operator would."""
        for port in ports:
            process = self._running.pop(port)
            await process.stop()
            self._ended.append(_log(process))

    @contextmanager
    def paused(self, port: int) -> Iterator[None]:
        """The process of this port stalls while the `with` runs: its connections stay open, and it does nothing."""
        process = self._running[port]
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    @property
    def running(self) -> list[int]:
        """The ports of those that have not been ended."""
        return list(self._running)

    @property
    def log(self) -> str:
        """What all processes wrote, one after the other, those that are gone included."""
        return "".join([*self._ended, *map(_log, self._running.values())])

    @property
    def gaps(self) -> list[int]:
        """How many messages each gap had that a process repaired."""
        return [int(number) for number in REPAIRED.findall(self.log)]

    @property
    def tracebacks(self) -> list[str]:
        """The last line of each traceback that a process wrote."""
        return re.findall(r"^Traceback .*\n(?:[ \t].*\n|\n)*(\S.*)", self.log, re.MULTILINE)


@asynccontextmanager
async def fleet(site: Site, size: int) -> AsyncIterator[Fleet]:
    """`size` processes of the site, while the `with` runs."""
    made = Fleet(site, size)
    try:
        await made.start(*made.ports)
        yield made
    finally:
        await made.stop(*made.running)


def _log(process: Daphne) -> str:
    return f"Process {process.pid} on port {process.port}\n{process.log}"


def _daphne(port: int) -> type[Daphne]:
    """A Daphne that listens on this port, instead of one that the kernel chooses."""
    listen = f"tcp:port={port}:interface=127.0.0.1"
    return type("Daphne", (Daphne,), {"command": ("-m", "daphne", "-e", listen, Daphne.command[-1])})
