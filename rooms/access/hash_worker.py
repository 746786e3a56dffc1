"""The program of a worker process: PBKDF2 with the standard library alone.

So it starts in an instant and stays small. For each line `[digest, password, salt, iterations]` of JSON on
standard input it writes the hash in Base64, and for an empty line an empty line.
"""

import base64
import hashlib
import json
import os
import signal
import sys

# At 3 a worker gets half the CPU share of the server. At 19, on a busy machine, no hash would end in time.
NICENESS = 3


def main() -> None:
    """Compute hashes until standard input ends."""
    for name in ("SIGINT", "SIGPIPE"):  # to end without a traceback
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    if hasattr(os, "nice"):  # not on Windows
        os.nice(NICENESS)
    for line in sys.stdin.buffer:
        print(_answer(line), flush=True)  # noqa: T201 (to the server)


def _answer(line: bytes) -> str:
    if not line.strip():
        return ""
    digest, password, salt, iterations = json.loads(line)
    derived = hashlib.pbkdf2_hmac(digest, password.encode(), salt.encode(), iterations)
    return base64.b64encode(derived).decode()


if __name__ == "__main__":
    main()
