"""A PostgreSQL server under load: unlike the tests' own, it waits for the disk before it confirms anything."""

import contextlib
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from rtproject.tests.support.ports import free_port
from rtproject.tests.support.postgres_programs import Programs

START_SECONDS = 30.0


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A new server while the `with` runs: the DATABASE_URL of an empty database.

    Raises RuntimeError if it does not start, AssertionError if its files cannot be made.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        programs = Programs(folder)
        programs.initialise(folder / "data")
        where = ("-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")
        with (folder / "log").open("w+b") as log:
            server = programs.start("postgres", "-D", str(folder / "data"), *where, log=log)
            try:
                url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
                if not _answers(server, url):
                    log.seek(0)
                    raise RuntimeError(f"PostgreSQL did not start:\n{log.read().decode(errors='replace')}")
                yield url
            finally:
                server.send_signal(signal.SIGINT)  # killed, it would leave a segment of shared memory behind
                server.wait()


def _answers(server: "subprocess.Popen[bytes]", url: str) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=2).close()
            return True
        time.sleep(0.05)
    return False
