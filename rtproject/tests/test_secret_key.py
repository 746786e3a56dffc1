"""The key of an installation that was given none."""

import os
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

sys.stdin.read()  # ends for all processes at the same time
print(load_or_create(Path(sys.argv[1])))
"""


@pytest.fixture
def path(tmp_path):
    """Where the key belongs; not even its folder is there."""
    return tmp_path / "data" / "secret_key"


def test_a_key_is_made_once(path):
    """It is long, only its owner can read it, and the next start finds the same."""
    key = load_or_create(path)
    assert len(key) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create(path) == key


def test_nothing_else_is_left_behind(path):
    """The folder holds the key and no half-made file."""
    load_or_create(path)
    assert list(path.parent.iterdir()) == [path]


def test_two_installations_have_two_keys(tmp_path):
    """The key is random."""
    assert load_or_create(tmp_path / "one") != load_or_create(tmp_path / "other")


def test_a_key_that_is_there_is_not_touched(path):
    """An operator may write the file by hand, with a line's end."""
    path.parent.mkdir()
    path.write_text("written by hand\n")
    assert load_or_create(path) == "written by hand"
    assert path.read_text() == "written by hand\n"


def test_threads_that_start_together_get_one_key(path):
    """Exactly one of them makes the file."""
    barrier = Barrier(16)

    def start(_):
        barrier.wait()
        return load_or_create(path)

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(start, range(16)))) == 1
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_start_together_get_one_key(path):
    """Several servers of a new installation may be started at once."""
    reading, writing = os.pipe()
    try:
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", PRINT_KEY, str(path)], cwd=ROOT, stdin=reading, stdout=subprocess.PIPE
            )
            for _ in range(4)
        ]
    finally:
        os.close(reading)
        os.close(writing)
    keys = {process.communicate()[0] for process in processes}
    assert keys == {path.read_bytes() + b"\n"}


def test_who_comes_second_uses_the_first_ones_key(path, monkeypatch):
    """A file that appears between the look and the making is kept."""
    load_or_create(path)
    key = path.read_text()
    secret_key._create(path)
    assert path.read_text() == key
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "is empty: remove it"), (b" \n", "is empty"), (b"\xff\xfe", "it is not text")],
)
def test_a_file_that_holds_no_key_stops_the_start(path, content, reason):
    """One sentence names the setting and the file, and nothing is written over."""
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match=f"SECRET_KEY is not set, and .*{reason}"):
        load_or_create(path)
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_used_stops_the_start(tmp_path):
    """A file where a folder should be is told in one sentence."""
    (tmp_path / "data").write_text("a file")
    with pytest.raises(ImproperlyConfigured, match=r"SECRET_KEY is not set, and .* cannot be used"):
        load_or_create(tmp_path / "data" / "secret_key")
