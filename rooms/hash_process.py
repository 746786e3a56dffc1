"""Password hashes computed in processes of their own, which stand back for who talks.

In a thread they would do harm. One that stands back may be kept waiting for the processor while it holds the
interpreter's lock, and then whoever talks waits for it; one that does not stand back takes the processor from them.
"""

import atexit
import contextlib
import json
import logging
import queue
import subprocess
import sys
import threading

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, identify_hasher
from django.utils.crypto import constant_time_compare

from rtproject.websocket.errors import Unavailable

logger = logging.getLogger(__name__)

# Of one process, for a hash of 0.2 s. On a busy machine it may take many times as long; nobody waits for it then.
ANSWER_SECONDS = 10.0


class HashProcess:
    """One child process. It ends when this process does, however that ends: its standard input is then closed."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "rooms.hash_child"],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,  # Ctrl-C is for us, and we may still need it
        )

    def derive(self, *parameters: str | int) -> str:
        """The hash in Base64; see `hash_child.py`. Blocks. Raises OSError if the child ended, which it is made to if
        it does not answer within ANSWER_SECONDS."""
        # A killed child ends whatever we wait for: neither a pipe that is full nor one that is empty has a timeout.
        deadline = threading.Timer(ANSWER_SECONDS, self._give_up)
        deadline.daemon = True
        deadline.start()
        try:
            return self._ask(*parameters)
        finally:
            deadline.cancel()

    def _ask(self, *parameters: str | int) -> str:
        assert self._child.stdin is not None  # noqa: S101 (for the type checker: both are pipes)
        assert self._child.stdout is not None  # noqa: S101
        self._child.stdin.write(json.dumps(parameters).encode() + b"\n")
        self._child.stdin.flush()
        answer = self._child.stdout.readline()
        if not answer.endswith(b"\n"):
            raise ChildProcessError("a process that computes hashes has ended")
        return answer.decode().strip()

    def _give_up(self) -> None:
        logger.warning("a process that computes hashes does not answer and is killed")
        self._child.kill()

    def end(self) -> None:
        """Ends it at once."""
        self._child.kill()
        self._child.communicate()


_idle: queue.SimpleQueue[HashProcess] = queue.SimpleQueue()


def matches_apart(raw: str, encoded: str) -> bool:
    """Whether `raw` is the password that `encoded` is the hash of. Blocks. Raises Unavailable if that cannot be told.

    A hash of another kind than PBKDF2, which `PASSWORD_HASHERS` may ask for, is computed here.
    """
    hasher = identify_hasher(encoded)
    if not isinstance(hasher, PBKDF2PasswordHasher):
        return check_password(raw, encoded)
    try:
        raw.encode()
    except UnicodeEncodeError:  # a lone surrogate is in no password
        return False
    known = hasher.decode(encoded)
    derived = _derive(hasher.digest().name, raw, known["salt"], known["iterations"])
    return constant_time_compare(derived, str(known["hash"]))


def _derive(*parameters: str | int) -> str:
    """In an idle process or a new one: there are as many as callers at one time."""
    with contextlib.suppress(queue.Empty, OSError):  # nothing is idle, or what was idle had been ended
        return _use(_idle.get_nowait(), *parameters)
    try:
        return _use(HashProcess(), *parameters)
    except OSError as error:
        logger.error("a password cannot be checked: %s", error)
        raise Unavailable from error


def _use(process: HashProcess, *parameters: str | int) -> str:
    try:
        derived = process.derive(*parameters)
    except BaseException:
        process.end()
        raise
    _idle.put(process)
    return derived


@atexit.register
def _end_idle() -> None:
    while not _idle.empty():
        _idle.get_nowait().end()
