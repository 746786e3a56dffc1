"""The key of an installation that was given none."""

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ImproperlyConfigured

from rtproject import secret_key
from rtproject.secret_key import load_or_create
from rtproject.tests.support.isolation import ROOT

PRINT_KEY = """
import sys
from pathlib import Path
from rtproject.secret_key import load_or_create

print(load_or_create(Path(sys.argv[1])))
"""


@pytest.fixture
def path(tmp_path):
    """The place of the key; not even its folder is there."""
    return tmp_path / "data" / "secret_key"


def test_a_key_is_made_once(path, tmp_path):
    """It is random and long, only its owner can read it, and the next start finds it."""
    key = load_or_create(path)
    assert len(key) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create(path) == key
    assert list(path.parent.iterdir()) == [path]
    assert load_or_create(tmp_path / "other") != key


def test_a_key_that_is_there_is_not_touched(path):
    """An operator may write it by hand, or another process may create it just before."""
    path.parent.mkdir()
    path.write_text("written by hand\n")
    assert load_or_create(path) == "written by hand"
    secret_key._create(path)
    assert path.read_text() == "written by hand\n"
    assert list(path.parent.iterdir()) == [path]


def test_threads_and_processes_that_start_together_get_one_key(path):
    """Several servers of a new installation may be started at once."""
    barrier = Barrier(12)

    def start(number):
        barrier.wait()
        if number:
            return load_or_create(path)
        command = [sys.executable, "-c", PRINT_KEY, str(path)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    with ThreadPoolExecutor(12) as pool:
        assert len(set(pool.map(start, range(12)))) == 1
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "is empty: remove it"), (b" \n", "is empty"), (b"\xff\xfe", "it is not text")],
)
def test_a_file_that_holds_no_key_stops_the_start(path, content, reason):
    """One sentence names the setting and the file, and nothing is overwritten."""
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match=f"SECRET_KEY is not set, and .*{reason}"):
        load_or_create(path)
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_used_stops_the_start(path):
    """A file where a folder should be is one sentence too."""
    path.parent.write_text("a file")
    with pytest.raises(ImproperlyConfigured, match=r"SECRET_KEY is not set, and .* cannot be used"):
        load_or_create(path)
