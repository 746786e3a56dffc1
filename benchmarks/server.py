"""The site's databases, and one server process under measurement."""

import contextlib
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psutil

from benchmarks.connections import Endpoint
from benchmarks.machine import SERVER_CORE, pin
from benchmarks.subjects import POSTGRESQL, SQLITE, Subject
from rtproject.tests.support.ports import free_port
from rtproject.tests.support.postgres import Postgres
from rtproject.tests.support.process import Process
from rtproject.tests.support.site import Site

START_SECONDS = 30.0
# The limits that would stop the load are off, and the pulse has a process of its own, as on larger installations.
SETTINGS = {"WEBSOCKETS_PER_ADDRESS": 0, "ROOMS_MESSAGE_RATE": 0, "PULSE_EMBEDDED": "off"}


@contextlib.contextmanager
def new_sites(postgresql: bool = False) -> Iterator[dict[str, Site]]:
    """A migrated site on SQLite, and on request one on PostgreSQL, while the `with` runs."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sites = {SQLITE: Site(folder, SETTINGS)}
        if postgresql:
            server = Postgres("-c", "fsync=on")  # it confirms what is on the disk, which tests do not need
            stack.callback(server.close)
            sites[POSTGRESQL] = Site(folder, {**SETTINGS, "DATABASE_URL": server.new_database()})
        for site in sites.values():
            site.manage("migrate", "--verbosity", "0")
        yield sites


class Server:
    """A server that runs while the `with` does, on one `core`, or on all if that is None."""

    def __init__(self, subject: Subject, site: Site, core: int | None = SERVER_CORE) -> None:
        self.subject, self._site, self._core = subject, site, core

    def __enter__(self) -> Self:
        self.port = free_port()
        command = [sys.executable, "-m", *self.subject.command.format(port=self.port).split()]
        self._server = Process(self.subject.name, command, self._site.environment)
        self._process = psutil.Process(self._server.pid)
        if self._core is not None:
            pin(self._core, self._server.pid)
        try:
            self._wait()
        except BaseException:
            self._server.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._server.kill()  # an orderly end would close ten thousand connections one by one

    def endpoint(self, path: str) -> Endpoint:
        """A path on this server."""
        return Endpoint(self.port, path, self.subject.greeted)

    def cpu(self) -> float:
        """The seconds of CPU that the server and its children have used, the kernel's included."""
        ended = sum(self._process.cpu_times()[2:4])
        processes = [self._process, *self._process.children(recursive=True)]
        return ended + sum(sum(process.cpu_times()[:2]) for process in processes)

    def unshared_memory(self) -> float:
        """The memory in KiB that belongs to the server alone."""
        return self._process.memory_full_info().uss / 1024

    def resident_memory(self) -> float:
        """The resident memory in MiB; cheaper to read than `unshared_memory`."""
        return self._process.memory_info().rss / 1024**2

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self._server.running and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"{self.subject.name} did not start:\n{self._server.log[-2000:]}")
