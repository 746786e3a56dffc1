"""An address that leads to one server and later to another, as after a failover."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

ACCEPTING_TURNS = 5  # of the loop, from a connection of the system to the call of `accept`


class Link:
    """One connection through the proxy. Nothing passes while it does not flow, and neither end is told."""

    def __init__(self, *ends: asyncio.StreamWriter) -> None:
        self.ends = ends
        self.asked = b""  # by the client until now
        self.flowing = asyncio.Event()
        self.flowing.set()

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asks: bool) -> None:
        """Pass on what one end sends, until it ends."""
        with suppress(OSError):
            while data := await reader.read(65536):
                self.asked += data if asks else b""
                await self.flowing.wait()
                writer.write(data)
        writer.close()


class Proxy:
    """A port of 127.0.0.1. New connections to it lead to `target`, another port; old ones stay as they are."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self._links: list[Link] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def freeze(self, having_asked: bytes = b"") -> None:
        """Let nothing pass on the present connections, or on those whose client has sent `having_asked`."""
        for link in self._links:
            if having_asked in link.asked:
                link.flowing.clear()

    def drop(self) -> None:
        """End the present connections."""
        for link in self._links:
            link.flowing.set()
            for end in link.ends:
                end.close()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle a connection in a task."""
        self._tasks.add(asyncio.create_task(self._serve(reader, writer)))

    async def close(self) -> None:
        """End all connections, and return when they are closed."""
        for _ in range(ACCEPTING_TURNS):  # one that was accepted just now has no task yet
            await asyncio.sleep(0)
        while not all(task.done() for task in self._tasks):
            self.drop()
            await asyncio.wait(self._tasks, timeout=0.05)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on both directions of a connection; end it if the target refuses."""
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            await _close(writer)
            return
        link = Link(writer, back)
        self._links.append(link)
        try:
            await asyncio.gather(
                link.pass_on(reader, back, asks=True), link.pass_on(there, writer, asks=False)
            )
        finally:
            await _close(writer, back)


async def _close(*ends: asyncio.StreamWriter) -> None:
    for end in ends:
        end.close()
    for end in ends:
        with suppress(OSError):
            await end.wait_closed()


@asynccontextmanager
async def proxy_to(target: int) -> AsyncIterator[Proxy]:
    """A proxy on a free port, until the end of the block."""
    proxy = Proxy(target)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
