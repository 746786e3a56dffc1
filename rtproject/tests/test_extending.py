"""The walkthroughs of docs/extending.md, as they are printed: one by one, and in one tree."""

import faulthandler
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rtproject.tests.support.isolation import ROOT, without_settings

PAGE = (ROOT / "docs" / "extending.md").read_text()
SECTIONS = dict(re.findall(r"^## (.*)\n((?:(?!^## ).*\n)*)", PAGE, re.MULTILINE))
WALKTHROUGHS = [name for name in SECTIONS if name != "Checks"]
# The line above may name the file that a block is.
BLOCK = re.compile(r"(?:^`([^`\n]+)`:\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_COPIED = shutil.ignore_patterns(".git", ".venv*", ".*cache", "__pycache__", "data", "screenshots")
TIMEOUT = 600  # seconds for one command
RUNNERS = ("PYTEST_", "COV_", "COVERAGE_", "DJANGO_")  # of this run, not of those in the copy


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project, with the environment that runs this test, which takes longer than others."""
    faulthandler.cancel_dump_traceback_later()
    shutil.copytree(ROOT, tmp_path / "project", ignore=NOT_COPIED)
    (tmp_path / "project" / ".venv").symlink_to(sys.prefix)
    return tmp_path / "project"


def follow(copy: Path, page: str, *, tests: bool) -> None:
    """Apply the changes, write the files and run the commands in their order. Each must succeed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(RUNNERS)}

    def run(*command: str, text: str | None = None) -> None:
        done = subprocess.run(
            command,
            input=text,
            cwd=copy,
            env=without_settings(environment),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=TIMEOUT,
        )
        assert done.returncode == 0, f"{command} {text}\n{done.stdout}"

    for path, kind, text in BLOCK.findall(page):
        if kind == "diff":
            run("git", "apply", text=text)
        elif kind != "sh":
            (copy / path).write_text(text)
        elif tests or "pytest" not in text:
            run("sh", "-ec", text)


@pytest.mark.slow
@pytest.mark.parametrize("name", WALKTHROUGHS)
def test_a_walkthrough_works_as_it_is_printed(copy, name):
    follow(copy, SECTIONS[name], tests=True)


@pytest.mark.slow
def test_all_walkthroughs_pass_the_checks(copy):
    follow(copy, PAGE, tests=False)
