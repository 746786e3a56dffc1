"""The processes that tests have started, for their logs, and to end them with the run."""

import atexit
import subprocess
import sys
from functools import cache
from typing import Protocol

# It is told each process that starts or ends. Its standard input ends with pytest, even if pytest is killed; then it
# kills what still runs, with the processes below it.
WATCHDOG = """
import os, signal, sys

running = set()
for line in sys.stdin:
    change, pid = line.split()
    (running.add if change == "started" else running.discard)(int(pid))
for pid in running:
    try:
        (os.killpg if os.getpgid(pid) == pid else os.kill)(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
"""


class Running(Protocol):
    """A server or another process of a test."""

    @property
    def name(self) -> str:
        """The name in the report of a failure."""

    @property
    def pid(self) -> int:
        """The operating system's number of the process."""

    @property
    def log(self) -> str:
        """Everything that it wrote until now."""

    def kill(self) -> object:
        """End it at once, in whatever state it is."""


RUNNING: set[Running] = set()


def register(process: Running) -> None:
    """Note a process that has started; the watchdog kills it if pytest is killed."""
    RUNNING.add(process)
    _tell_watchdog("started", process.pid)


def forget(process: Running) -> None:
    """Note that a process has ended, or is about to. May be repeated."""
    if process in RUNNING:
        RUNNING.discard(process)
        _tell_watchdog("ended", process.pid)


def _tell_watchdog(change: str, pid: int) -> None:
    stdin = _watchdog().stdin
    assert stdin is not None
    stdin.write(f"{change} {pid}\n")
    stdin.flush()


@cache
def _watchdog() -> "subprocess.Popen[str]":
    watchdog = subprocess.Popen(
        [sys.executable, "-I", "-c", WATCHDOG], stdin=subprocess.PIPE, text=True, start_new_session=True
    )
    atexit.register(watchdog.communicate)
    atexit.register(_kill_all)  # which therefore comes first
    return watchdog


def _kill_all() -> None:
    for process in tuple(RUNNING):
        process.kill()
