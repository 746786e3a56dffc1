"""Whether a password is the one that a hash was made of."""

import logging
import math
import threading
import time

from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, identify_hasher
from django.utils.crypto import constant_time_compare

from rooms.hash_process import HashProcesses
from rooms.hashing import HASHES_AT_ONCE
from rtproject.websocket.exceptions import LayerUnavailable

logger = logging.getLogger(__name__)

# After a hash found no leisure, until leisure is looked for again.
BUSY_SECONDS = 3.0


class Matcher:
    """Compares passwords with hashes, in processes of its own.

    One of few hashes gets a share of the processor at once. One of many, as when strangers guess, is first given what
    nobody else wants: so who talks does not notice, even where all share one core. A machine that has much to do has
    none to give; there it gets a share too.
    """

    def __init__(self) -> None:
        self._leisurely, self._others = HashProcesses(leisurely=True), HashProcesses(leisurely=False)
        self._room = threading.Semaphore(HASHES_AT_ONCE)  # more at a time would take each other's leisure
        self._busy_until = -math.inf  # of `time.monotonic`

    def matches(self, raw: str, encoded: str, leisurely: bool = False) -> bool:
        """Whether `raw` is the password that `encoded` is the hash of. Blocks. Raises LayerUnavailable if it cannot tell.

        A `leisurely` one is one of many, or of a suspect.
        A hash of another kind than PBKDF2, which `PASSWORD_HASHERS` may ask for, is computed here. What is no hash at
        all matches nothing.
        """
        try:
            raw.encode()  # a lone surrogate is in no password
            hasher = identify_hasher(encoded)
            if not isinstance(hasher, PBKDF2PasswordHasher):
                return check_password(raw, encoded)
            known = hasher.decode(encoded)
        except ValueError:
            return False
        parameters = (hasher.digest().name, raw, known["salt"], known["iterations"])
        derived = (self._derive_at_leisure(*parameters) if leisurely else None) or self._derive(*parameters)
        return constant_time_compare(derived, str(known["hash"]))

    def _derive_at_leisure(self, *parameters: str | int) -> str | None:
        with self._room:
            if time.monotonic() < self._busy_until:
                return None
            try:
                return self._leisurely.derive(*parameters)
            except OSError:
                self._busy_until = time.monotonic() + BUSY_SECONDS
                return None

    def _derive(self, *parameters: str | int) -> str:
        try:
            return self._others.derive(*parameters)
        except OSError as error:
            logger.error("a password cannot be checked: %s", error)
            raise LayerUnavailable from error


matches_apart = Matcher().matches
