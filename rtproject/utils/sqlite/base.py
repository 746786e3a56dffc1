"""The backend's one class, where Django looks for it."""

import contextlib
import os
from typing import Any

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that is checked before each unit of work, by CONN_HEALTH_CHECKS.

    After the file was removed or replaced, as when a backup is put back, SQLite would go on with the old one, which no
    name leads to. What would be stored there is lost.
    """

    _file: tuple[int, int] | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect to the file, made for its owner alone if it is missing. Its siblings get the same mode."""
        # O_EXCL, since to close any descriptor of a file drops all locks that the process has on it (POSIX).
        with contextlib.suppress(OSError):  # it exists, or SQLite says better what is wrong
            os.close(os.open(self.settings_dict["NAME"], os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        self._file = self._named_file()
        return super().get_new_connection(conn_params)

    def is_usable(self) -> bool:
        return self._named_file() == self._file

    def _named_file(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.settings_dict["NAME"])
        except OSError:
            return None
        return found.st_dev, found.st_ino
