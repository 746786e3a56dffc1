"""The worker's program, as a process."""

import base64
import hashlib
import json
import subprocess
import sys

from rooms.access import hash_worker
from rooms.tests.support import TIMEOUT


def test_it_answers_each_line_and_ends_with_its_input() -> None:
    """A server that was killed leaves no worker behind. An empty line is answered, too."""
    passwords = ["secret123", "schlüssel 🦊\n"]
    lines = ["", *(json.dumps(["sha1", password, "salt", 10]) for password in passwords), ""]
    command = [sys.executable, "-S", "-P", hash_worker.__file__]
    done = subprocess.run(
        command, input="".join(line + "\n" for line in lines).encode(), capture_output=True, timeout=TIMEOUT
    )
    hashes = [hashlib.pbkdf2_hmac("sha1", password.encode(), b"salt", 10) for password in passwords]
    assert done.stdout.split(b"\n") == [b"", *map(base64.b64encode, hashes), b"", b""]
    assert (done.returncode, done.stderr) == (0, b"")
