"""The secret key of an installation that was given none: random, and kept in a file."""

import contextlib
import hmac
import os
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key


def load_or_create(path: Path) -> str:
    """Return the key in the file `path`, which is made if it is missing.

    Processes that start together get the same key. Raises ImproperlyConfigured if the file can be neither
    read nor made, or is empty.
    """
    try:
        if not path.exists():
            _create(path)
        key = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ImproperlyConfigured(f"SECRET_KEY is not set, and {path} cannot be used: {reason}.") from error
    if not key:
        raise ImproperlyConfigured(f"SECRET_KEY is not set, and {path} is empty: remove it.")
    return key


def redis_prefix(secret_key: str) -> str:
    """Return a prefix for names in Redis that no site with another secret key has, and that does not tell the key."""
    return "rtproject-" + hmac.digest(secret_key.encode(), b"redis prefix", "sha256").hex()[:12]


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The file gets its name when it is complete, and only if the name is free. So no process reads half a key, and
    # processes that start together all use the first one's. mkstemp makes a file of mode 0600.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(get_random_secret_key())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        os.unlink(temporary)
