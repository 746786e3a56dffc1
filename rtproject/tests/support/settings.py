"""The settings for tests in the pytest process: defaults, whatever the environment has."""

import atexit
import os
import tempfile

from rtproject.tests.support.isolation import SECRET_KEY, SETTINGS

for name in SETTINGS:
    os.environ.pop(name, None)
os.environ["SECRET_KEY"] = SECRET_KEY  # or the site would write one into the working tree

from rtproject.settings import *  # noqa: E402, F403
from rtproject.settings import DATABASES  # noqa: E402

# A file, as in production: of an SQLite database in memory a second thread gets "table is locked" at once, instead
# of waiting for its turn. A directory per run, so that two runs on one machine never meet.
_directory = tempfile.TemporaryDirectory(prefix="rtproject-tests-")
atexit.register(_directory.cleanup)
DATABASES["default"]["NAME"] = os.path.join(_directory.name, "db.sqlite3")
DATABASES["default"]["TEST"] = {"NAME": os.path.join(_directory.name, "test.sqlite3")}
