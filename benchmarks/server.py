"""One server process under measurement."""

import socket
import sys
import tempfile
import threading
import time
from typing import Self

import psutil

from benchmarks.processes import ROOT, SERVER_CORE, environment, on_core
from benchmarks.subjects import Subject

START_SECONDS = 30.0
SAMPLE_SECONDS = 0.05


class Server:
    """A server that runs while the `with` does; `settings` are its environment on top of the subject's. It and its
    children stay on `core`, or run on any if that is None."""

    def __init__(self, subject: Subject, settings: dict[str, str], core: int | None = SERVER_CORE) -> None:
        self.subject = subject
        self._core = core
        self._settings = {**subject.settings, **settings}

    def __enter__(self) -> Self:
        self.port = free_port()
        command = [
            sys.executable,
            "-m",
            *(str(self.port) if part == "PORT" else part for part in self.subject.command),
        ]
        self._log = tempfile.TemporaryFile("w+")
        with on_core(self._core):
            self._process = psutil.Popen(
                command, cwd=ROOT, env=environment(**self._settings), stdout=self._log, stderr=self._log
            )
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # Killed: ten thousand good-byes are not what is measured.
        self._process.kill()
        self._process.wait()
        self._log.close()

    def cpu(self) -> float:
        """Seconds of CPU that the server and its children have used, in user mode and in the kernel."""
        ended = sum(self._process.cpu_times()[2:4])
        processes = [self._process, *self._process.children(recursive=True)]
        return ended + sum(sum(process.cpu_times()[:2]) for process in processes)

    def memory(self) -> int:
        """Bytes of memory that are the server's alone."""
        used: int = self._process.memory_full_info().uss
        return used

    def resident(self) -> int:
        """Bytes of resident memory; cheaper to ask for than `memory`."""
        used: int = self._process.memory_info().rss
        return used

    def log(self) -> str:
        """The end of what the server wrote."""
        self._log.seek(0)
        return self._log.read()[-2000:]

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"{self.subject.name} did not start:\n{self.log()}")


class Peak:
    """Watches a server's resident memory while the `with` runs: `grown` is the most it grew by, in bytes."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._before = self._largest = self._server.resident()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def grown(self) -> int:
        return self._largest - self._before

    def _watch(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self._largest = max(self._largest, self._server.resident())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
