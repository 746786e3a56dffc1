"""A real PostgreSQL server that a test can stop, restart, pause and kill."""

import itertools
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from rtproject.tests.support.ports import free_port
from rtproject.tests.support.postgres_programs import Programs
from rtproject.tests.support.running import forget, register

TIMEOUT = 60.0  # seconds: a machine may be busy
ATTEMPTS = 5  # another process may take the port between the moment it is found free and its use

# Writes that the operating system has taken survive a killed server, so nothing waits for the disk. But
# `synchronous_commit` stays on: without it a transaction that was confirmed would be in the server's memory alone.
OPTIONS = ("-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")


class Postgres:
    """A PostgreSQL server on a port of 127.0.0.1; its databases last until `close`.

    `options` are the server's own and come after OPTIONS: of two that contradict each other the last counts. With a
    `primary` it is a standby, without which that one confirms no commit any more.
    """

    name = "PostgreSQL"
    port: int

    def __init__(self, *options: str, primary: "Postgres | None" = None) -> None:
        self._options = (*OPTIONS, *options)
        self._folder = tempfile.TemporaryDirectory(prefix="rtproject-postgres-", ignore_cleanup_errors=True)
        self._data, self._log = Path(self._folder.name, "data"), Path(self._folder.name, "log")
        self._databases = itertools.count(1)
        self._server: subprocess.Popen[bytes] | None = None
        self._programs = Programs(Path(self._folder.name))
        if primary is None:
            self._programs.initialise(self._data)
        else:
            self._programs.copy(primary.port, self._data)
        for attempt in range(1, ATTEMPTS + 1):
            self.port = free_port()
            try:
                self.start()
            except AssertionError:
                if attempt == ATTEMPTS:
                    raise
            else:
                break
        if primary is not None:
            primary.configure("synchronous_standby_names", "*")

    @property
    def log(self) -> str:
        """Everything that the server wrote until now."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def running(self) -> bool:
        """Whether the server answers."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def new_database(self, locale: str = "") -> str:
        """Make an empty database, perhaps with a locale such as `tr_TR`, and return its DATABASE_URL."""
        name, options = f"test_{next(self._databases)}", ""
        if locale:
            self._programs.make_locale(locale)
            options = f" TEMPLATE template0 LOCALE '{locale}.UTF-8'"
        self._execute(f"CREATE DATABASE {{}}{options}", name)
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Delete a database of `new_database`, with all connections to it."""
        self._execute("DROP DATABASE {} WITH (FORCE)", url.rpartition("/")[2])

    def start(self) -> None:
        """Start the server on its port, and return when it answers; do nothing if it runs.

        Raises AssertionError with the log if it ends instead, or does not answer.
        """
        if self._server is not None:
            return
        with self._log.open("ab") as log:
            self._server = self._programs.start(
                "postgres", "-D", str(self._data), "-p", str(self.port), *self._options, log=log
            )
        self.pid = self._server.pid
        register(self)
        deadline = time.monotonic() + TIMEOUT
        while not self.running:
            if self._server.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"PostgreSQL did not start:\n{self.log}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server in order: its connections break, and new ones are refused. May be repeated."""
        if self._server is not None:
            self.resume()
            self._server.send_signal(signal.SIGINT)  # the "fast" shutdown, which waits for no client
            self._server.wait(TIMEOUT)
            self._forget()

    def restart(self) -> None:
        """End the server in order and start it on the same port, with everything that it has stored."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze the server: connections stay open, and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """End a pause; do nothing without one."""
        self._signal(signal.SIGCONT)

    def take_writes(self, allowed: bool) -> None:
        """Have every session, old and new, take writes or refuse them, as a standby does."""
        self.configure("default_transaction_read_only", "off" if allowed else "on")

    def configure(self, name: str, value: str) -> None:
        """Change a setting of the running server."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value))
            connection.execute("SELECT pg_reload_conf()")

    def promote(self) -> None:
        """Make a standby a primary, and return when it is one."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")

    def kill(self) -> None:
        """End the server with SIGKILL, in whatever state it is. May be repeated."""
        if self._server is not None:
            processes = self._signal(signal.SIGKILL)
            self._server.wait(TIMEOUT)
            _wait_for_end(processes)
            self._forget()

    def close(self) -> None:
        """End the server and delete what it has stored."""
        self.stop()  # killed, it would leave a segment of shared memory behind
        self._folder.cleanup()

    def _signal(self, number: signal.Signals) -> list[psutil.Process]:
        """Send a signal to the server and all its processes. Returns those."""
        if self._server is None or self._server.poll() is not None:
            return []
        server = psutil.Process(self._server.pid)
        server.suspend()  # so that it starts no more of them
        children = server.children(recursive=True)
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.send_signal(number)
        server.send_signal(number)
        return children

    def _forget(self) -> None:
        self._server = None
        forget(self)

    def url(self, database: str) -> str:
        """The DATABASE_URL of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def _execute(self, statement: str, database: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(database)))


def _wait_for_end(processes: list[psutil.Process]) -> None:
    """Wait until all have ended, since a new server needs their shared memory."""
    deadline = time.monotonic() + TIMEOUT
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            while process.status() != psutil.STATUS_ZOMBIE:
                assert time.monotonic() < deadline, process
                time.sleep(0.01)
