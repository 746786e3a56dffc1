"""Password hashes computed in processes of their own, which stand back for everything else on the machine.

In a thread they would do harm. One that stands back may be kept waiting for the processor while it holds the
interpreter's lock, and then whoever talks waits for it; one that does not stand back takes the processor from them.
"""

import atexit
import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys

from django.conf import settings
from django.contrib.auth.hashers import check_password

from rtproject.websocket.errors import Unavailable

logger = logging.getLogger(__name__)

NICENESS = 3  # of 19: half the share of who talks, where they want the same core. With less, a machine that has
# much to do would let nobody in within the time of a handshake.
ANSWERS = {b"yes\n": True, b"no\n": False}


class HashProcess:
    """One child process. It ends when this process does, however that ends: its standard input is then closed."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "rooms.hash_process"],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def matches(self, raw: str, encoded: str) -> bool:
        """Whether `raw` is the password that `encoded` is the hash of. Blocks. Raises OSError if the child ended."""
        assert self._child.stdin is not None  # noqa: S101 (for the type checker: both are pipes)
        assert self._child.stdout is not None  # noqa: S101
        self._child.stdin.write(json.dumps([raw, encoded]).encode() + b"\n")
        self._child.stdin.flush()
        answer = self._child.stdout.readline()
        if answer not in ANSWERS:
            raise ChildProcessError("a process that computes hashes has ended")
        return ANSWERS[answer]

    def end(self) -> None:
        """Ends it at once."""
        self._child.kill()
        self._child.communicate()


_idle: queue.SimpleQueue[HashProcess] = queue.SimpleQueue()


def matches_apart(raw: str, encoded: str) -> bool:
    """As `HashProcess.matches`, in an idle process or a new one: there are as many as callers at one time.

    Raises Unavailable if no process can be had.
    """
    with contextlib.suppress(queue.Empty, OSError):  # nothing is idle, or what was idle had been ended
        return _use(_idle.get_nowait(), raw, encoded)
    try:
        return _use(HashProcess(), raw, encoded)
    except OSError as error:
        logger.error("a password cannot be checked: %s", error)
        raise Unavailable from error


def _use(process: HashProcess, raw: str, encoded: str) -> bool:
    try:
        right = process.matches(raw, encoded)
    except BaseException:
        process.end()
        raise
    _idle.put(process)
    return right


@atexit.register
def _end_idle() -> None:
    while not _idle.empty():
        _idle.get_nowait().end()


def main() -> None:
    """The child: for each line `[raw, encoded]` of JSON on standard input writes `yes` or `no`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then ends us
    os.nice(NICENESS)
    for line in sys.stdin.buffer:
        raw, encoded = json.loads(line)
        right = False
        with contextlib.suppress(UnicodeEncodeError):  # a lone surrogate is in no password
            right = check_password(raw, encoded)
        print("yes" if right else "no", flush=True)  # noqa: T201 (to the parent)


if __name__ == "__main__":
    main()
