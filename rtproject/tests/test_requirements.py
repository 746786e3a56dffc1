"""The lock that `make run` installs, and the ranges that it is made from."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(settings.BASE_DIR)
PYTHONS = ("3.11.2", "3.11.9", "3.12.0", "3.13.0", "3.14.0")


def requirements(path, python):
    """The requirements of a file that hold on this Python, by name."""
    text = re.sub(r"#.*| --hash=\S+|\\", "", (ROOT / path).read_text())
    found = [Requirement(line) for line in text.splitlines() if line.strip()]
    environment = {"python_full_version": python, "python_version": python.rpartition(".")[0]}
    held = [each for each in found if each.marker is None or each.marker.evaluate(environment)]
    names = [canonicalize_name(each.name) for each in held]
    assert len(set(names)) == len(names)
    return dict(zip(names, held, strict=True))


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_has_one_version_in_each_range(python):
    """And exact ones of what the code knows the insides of. "Write it with: make lock"."""
    locked = requirements("requirements.lock", python)
    for name, wanted in requirements("requirements.txt", python).items():
        version = str(locked[name].specifier).removeprefix("==")
        assert wanted.specifier.contains(version), f"{name}: write the lock with `make lock`"
    assert locked.keys() >= {"twisted", "autobahn", "redis"}
    assert (str(locked["django"].specifier) < "==6") == python.startswith("3.11")


def test_each_locked_file_has_a_hash_and_no_index():
    text = (ROOT / "requirements.lock").read_text()
    for entry in re.split(r"\n(?=[a-z])", text)[1:]:
        assert "--hash=sha256:" in entry
    assert "://" not in text
