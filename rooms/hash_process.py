"""Processes of their own that compute password hashes, and stand back for who talks.

In a thread they would do harm. One that stands back may be kept waiting for the processor while it holds the
interpreter's lock, and then whoever talks waits for it; one that does not stand back takes the processor from them.
"""

import atexit
import contextlib
import json
import queue
import subprocess
import sys
import threading
import time

import psutil

from rooms import hash_child

# For a hash of 0.3 s. On a busy machine it may take many times as long; nobody waits for it then.
ANSWER_SECONDS = 10.0

# A machine that has much to do leaves a leisurely process nothing. One that had less than this part of a core when it
# was looked at, or takes longer than that, is no use, and there must be time left for one that has a share.
LEAST_SHARE = 0.2
LEISURE_SECONDS = 1.2
LOOK_SECONDS = 0.3


class HashProcess:
    """One child process. It ends when this process does, however that ends: its standard input is then closed, which it
    notices when it has computed what it is at.

    A leisurely one takes only what processor nobody else wants.
    """

    def __init__(self, leisurely: bool = False) -> None:
        self._leisurely = leisurely
        self._child = subprocess.Popen(  # noqa: S603 (our own program)
            # -S, -P: nothing but the standard library is needed, and it starts in two thirds of the time.
            [sys.executable, "-S", "-P", hash_child.__file__, *([hash_child.LEISURELY] if leisurely else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,  # Ctrl-C is for us, and we may still need it
        )

    def derive(self, *parameters: str | int) -> str:
        """The hash in Base64; see `hash_child.py`. Blocks. Raises TimeoutError if the child did not answer in
        time or found too little leisure, OSError if it had ended. Either way it is of no use any more."""
        over, late = threading.Event(), threading.Event()
        threading.Thread(target=self._watch, args=(over, late), name="hash watch", daemon=True).start()
        try:
            return self._ask(*parameters)
        except OSError as error:
            if late.is_set():
                raise TimeoutError("a process that computes hashes did not answer in time") from error
            raise
        finally:
            over.set()

    def _ask(self, *parameters: str | int) -> str:
        assert self._child.stdin is not None  # noqa: S101 (for the type checker: both are pipes)
        assert self._child.stdout is not None  # noqa: S101
        self._child.stdin.write(json.dumps(parameters).encode() + b"\n")
        self._child.stdin.flush()
        answer = self._child.stdout.readline()
        if not answer.endswith(b"\n"):
            raise ChildProcessError("a process that computes hashes has ended")
        return answer.decode().strip()

    def _watch(self, over: threading.Event, late: threading.Event) -> None:
        """Kills the child when it is too late. That ends whatever is waited for: neither a pipe that is full nor one
        that is empty has a timeout."""
        began, used = time.monotonic(), self._processor_seconds()
        most = LEISURE_SECONDS if self._leisurely else ANSWER_SECONDS
        while not over.wait(LOOK_SECONDS):
            waited = time.monotonic() - began
            starved = self._leisurely and self._processor_seconds() - used < LEAST_SHARE * waited
            if starved or waited > most:
                late.set()
                self._child.kill()
                return

    def _processor_seconds(self) -> float:
        try:
            return sum(psutil.Process(self._child.pid).cpu_times()[:2])
        except psutil.Error:  # it has just ended
            return 0.0

    def end(self) -> None:
        """Ends it at once."""
        self._child.kill()
        self._child.communicate()


class HashProcesses:
    """As many as callers at one time, leisurely ones or not."""

    def __init__(self, leisurely: bool) -> None:
        self._leisurely = leisurely
        self._idle: queue.SimpleQueue[HashProcess] = queue.SimpleQueue()
        atexit.register(self.end)

    def derive(self, *parameters: str | int) -> str:
        """See `HashProcess.derive`; in an idle process, or a new one."""
        try:
            return self._use(self._idle.get_nowait(), *parameters)
        except TimeoutError:
            raise
        except (queue.Empty, OSError):  # nothing is idle, or what was idle had been ended
            return self._use(HashProcess(self._leisurely), *parameters)

    def _use(self, process: HashProcess, *parameters: str | int) -> str:
        try:
            derived = process.derive(*parameters)
        except BaseException:
            process.end()
            raise
        self._idle.put(process)
        return derived

    def end(self) -> None:
        """Ends those that are idle."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._idle.get_nowait().end()
