"""An installation of the site for a test: an environment and a database of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from rtproject.tests.support.isolation import ROOT, SECRET_KEY, without_settings

TIMEOUT = 60.0  # seconds that a management command may take

# Passwords that a test sets cost a hundredth of what they would: on a busy machine a handshake must not be a matter of
# luck. Those that a server sets itself cost what they cost.
SET_UP = """
import django
django.setup()
from django.contrib.auth.hashers import PBKDF2PasswordHasher
PBKDF2PasswordHasher.iterations = 10_000
"""
MAKE_DEMO = """
from django.core.management import call_command
call_command("demo")
"""
MAKE_TEMPLATES = """
import shutil
from django.core.management import call_command
from django.db import connection

call_command("migrate", verbosity=0)
connection.close()
shutil.copy(connection.settings_dict["NAME"], {empty!r})
{make_demo}
connection.close()
"""


class Site:
    """A site that processes are started on; several processes may share it.

    `settings` are the names and values that `rtproject.settings` reads; of the developer's own nothing is
    seen.
    """

    def __init__(self, directory: Path, settings: Mapping[str, object]) -> None:
        self.directory = directory
        self.environment = without_settings(os.environ) | {
            "DJANGO_SETTINGS_MODULE": "rtproject.settings",
            "PYTHONUNBUFFERED": "1",  # the log is read while it is written
            "SECRET_KEY": SECRET_KEY,
            "DATABASE_URL": f"sqlite:///{directory / 'db.sqlite3'}",
            **{name: str(value) for name, value in settings.items()},
        }

    def manage(self, *arguments: str) -> str:
        """Run `manage.py`; return its output, or raise AssertionError if it fails. Blocks."""
        return self._python("manage.py", *arguments)

    def execute(self, code: str) -> str:
        """Run Python code on this site; return its output, or raise AssertionError. Blocks."""
        return self._python("-c", SET_UP + code)

    def _python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=TIMEOUT,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout


class Templates:
    """Two migrated databases, one with the demo rooms, that are copied for new sites."""

    def __init__(self, directory: Path) -> None:
        self._empty = directory / "empty.sqlite3"
        self._demo = directory / "db.sqlite3"
        Site(directory, {}).execute(MAKE_TEMPLATES.format(empty=str(self._empty), make_demo=MAKE_DEMO))

    def new_site(self, directory: Path, demo: bool, settings: Mapping[str, object]) -> Site:
        """Make a migrated site in `directory`, with a database of its own or a DATABASE_URL."""
        site = Site(directory, settings)
        if "DATABASE_URL" not in settings:
            shutil.copy(self._demo if demo else self._empty, directory / "db.sqlite3")
            return site
        site.manage("migrate", "--verbosity", "0")
        if demo:
            site.execute(MAKE_DEMO)
        return site
