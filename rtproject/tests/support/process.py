"""A child process whose output can be read and waited for while it runs."""

import asyncio
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence

import psutil

from rtproject.tests.support.isolation import ROOT
from rtproject.tests.support.running import forget, register

TIMEOUT = 60.0  # seconds: far beyond what anything takes, so that running into it means that it never comes
MIB = 1024 * 1024


class Process:
    """A command that runs in the root of the project. Its standard output and error are one log."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self._lines: list[str] = []
        self._ended = False
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # so that the watchdog reaches the processes below it
        )
        register(self)
        self._reader = threading.Thread(target=self._read, name=f"log of {name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The operating system's number of the process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process has not ended yet."""
        return self._process.poll() is None

    @property
    def log(self) -> str:
        """Everything that the process wrote until now."""
        with self._changed:
            return "".join(self._lines)

    def expect_log(self, wanted: str | re.Pattern[str], timeout: float = TIMEOUT, after: int = 0) -> str:
        """Wait until a line of the log contains `wanted`, and return that line without its end.

        Only what stands behind the first `after` characters of the log counts: `after=len(process.log)` means
        from now on. Raises AssertionError with the log when `timeout` seconds pass or the process ends without it.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while (line := self._find(wanted, after)) is None:
                if self._ended or not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    reason = "ended" if self._ended else f"ran for {timeout} s"
                    raise AssertionError(
                        f"{self.name} {reason} without {wanted!r} in its log:\n{''.join(self._lines)}"
                    )
        return line

    async def wait_for_log(
        self, wanted: str | re.Pattern[str], timeout: float = TIMEOUT, after: int = 0
    ) -> str:
        """Call `expect_log` in a thread, so that the event loop continues."""
        return await asyncio.to_thread(self.expect_log, wanted, timeout, after)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, without waiting for its effect."""
        self._process.send_signal(number)

    def terminate(self, timeout: float = TIMEOUT) -> int:
        """End the process with SIGTERM; return its exit code, -N if signal N ended it.

        It may be repeated. Raises AssertionError with the log if it takes more than `timeout` seconds; the
        process is killed then.
        """
        self._process.terminate()
        self._process.send_signal(signal.SIGCONT)  # a process that a test has stopped would never take notice
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end {timeout} s after SIGTERM:\n{self.log}") from None
        return self._finish()

    async def stop(self, timeout: float = TIMEOUT) -> int:
        """Call `terminate` in a thread, so that clients on the event loop see their ends."""
        return await asyncio.to_thread(self.terminate, timeout)

    def kill(self) -> int:
        """End the process with SIGKILL, and return its exit code. May be repeated."""
        self._process.kill()
        self._process.wait(TIMEOUT)
        return self._finish()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                with self._changed:
                    self._lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _find(self, wanted: str | re.Pattern[str], after: int) -> str | None:
        position = 0
        for line in self._lines:
            position += len(line)
            if position > after and (wanted in line if isinstance(wanted, str) else wanted.search(line)):
                return line.rstrip("\n")
        return None

    def _finish(self) -> int:
        self._reader.join(TIMEOUT)
        forget(self)
        return self._process.returncode


class Memory:
    """The growth of the resident memory of a process in bytes; `peak` is the maximum."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._first = self._now()
        self.peak = 0

    def sample(self) -> None:
        """Measure once."""
        self.peak = max(self.peak, self._now() - self._first)

    def _now(self) -> int:
        return int(self._process.memory_info().rss)
