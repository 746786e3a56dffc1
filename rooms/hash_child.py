"""The program that `hash_process.py` runs: PBKDF2 and nothing else, so that it starts at once and is small.

For each line `[digest, password, salt, iterations]` of JSON on standard input it writes the hash in Base64.
"""

import base64
import hashlib
import json
import os
import sys

# Of 19: half the share of who talks, where they want the same core. With less, a machine that has much to do would let
# nobody in within the time of a handshake.
NICENESS = 3


def main() -> None:
    """Until standard input ends."""
    os.nice(NICENESS)
    for line in sys.stdin.buffer:
        digest, password, salt, iterations = json.loads(line)
        derived = hashlib.pbkdf2_hmac(digest, password.encode(), salt.encode(), iterations)
        print(base64.b64encode(derived).decode(), flush=True)  # noqa: T201 (to the parent)


if __name__ == "__main__":
    main()
