"""The server's processes and an SQLite file, which fail besides Valkey and PostgreSQL."""

import re
import signal
import sqlite3
import sys
from pathlib import Path

from rtproject.tests.support.ports import free_port
from rtproject.tests.support.postgres import Postgres
from rtproject.tests.support.process import Process
from rtproject.tests.support.site import Site

TIMEOUT = 60.0  # seconds for a start on a busy machine, and for the lock of an SQLite file
APPLICATION = "rtproject.asgi:application"


class ServerProcess:
    """A Daphne process of a site, which starts again on the same port."""

    name = "process"

    def __init__(self, site: Site) -> None:
        self.port = free_port()
        self._site = site
        self._runs: list[Process] = []

    def start(self) -> None:
        """Start the process, and return when it listens."""
        command = [sys.executable, "-m", "daphne", "-p", str(self.port), APPLICATION]
        self._runs.append(Process(f"Daphne on port {self.port}", command, self._site.environment))
        self._runs[-1].expect_log("Listening on TCP address", TIMEOUT)

    def stop(self) -> None:
        """End the process in order, if it runs."""
        if self._runs:
            self._runs[-1].terminate()

    def kill(self) -> None:
        """End the process as a power cut would."""
        self._runs[-1].kill()

    def pause(self) -> None:
        """Stall the process: its connections stay open, and it does nothing."""
        self._runs[-1].send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """End the pause."""
        self._runs[-1].send_signal(signal.SIGCONT)

    @property
    def log(self) -> str:
        """Everything that the process wrote since its first start."""
        return "".join(f"Process {run.pid} on port {self.port}\n{run.log}" for run in self._runs)

    @property
    def tracebacks(self) -> list[str]:
        """The last line of each traceback in the log."""
        return re.findall(r"^Traceback .*\n(?:[ \t].*\n|\n)*(\S.*)", self.log, re.MULTILINE)


class SqliteFile:
    """An SQLite file, which another writer can lock for longer than the site waits."""

    name = "SQLite"

    def __init__(self, path: Path) -> None:
        self._path = path

    def pause(self) -> None:
        """Lock the file against all other writers."""
        self._connection = sqlite3.connect(self._path, TIMEOUT, isolation_level=None, check_same_thread=False)
        self._connection.execute("BEGIN IMMEDIATE")

    def resume(self) -> None:
        """End the lock."""
        self._connection.execute("ROLLBACK")
        self._connection.close()


Store = Postgres | SqliteFile
