"""The program that `hash_process.py` runs: PBKDF2 and nothing else, so that it starts at once and is small.

For each line `[digest, password, salt, iterations]` of JSON on standard input it writes the hash in Base64. With the
argument `leisurely` it takes only what processor nobody else wants.
"""

import base64
import hashlib
import json
import os
import signal
import sys

# Of 19: half the share of who talks, where they want the same core. With less, a machine that has much to do would let
# nobody in within the time of a handshake.
NICENESS = 3
MOST_NICE = 19
LEISURELY = "leisurely"


def main() -> None:
    """Until standard input ends."""
    for name in ("SIGINT", "SIGPIPE"):  # to end is all there is to do, and nothing to tell
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    _stand_back(LEISURELY in sys.argv)
    for line in sys.stdin.buffer:
        digest, password, salt, iterations = json.loads(line)
        derived = hashlib.pbkdf2_hmac(digest, password.encode(), salt.encode(), iterations)
        print(base64.b64encode(derived).decode(), flush=True)  # noqa: T201 (to the parent)


def _stand_back(leisurely: bool) -> None:
    if hasattr(os, "nice"):  # not on Windows
        os.nice(MOST_NICE if leisurely else NICENESS)
    if leisurely and hasattr(os, "SCHED_IDLE"):  # Linux: nobody waits even for a slice of time to end
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


if __name__ == "__main__":
    main()
