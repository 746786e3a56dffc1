"""The pages in a second language: its catalogs are complete, and the reader's browser chooses it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.shortcuts import render
from django.test import Client
from django.utils import translation

from pulse.figures import CHARTS, FIGURES
from rtproject.tests.support.isolation import ROOT, without_settings

FIELD = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr)(?:\[\d\])? ((?:".*"\n?)+)', re.MULTILINE)
PLACEHOLDER = re.compile(r"\{\w*\}|%\(\w+\)s|<[^>]+>")
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "data", "screenshots", "benchmarks")
NO_GETTEXT = "There is no gettext here, which finds the text of pages."
ADVICE = "Run `make messages`, and translate what it prints."


class Entry:
    """One text of a catalog."""

    def __init__(self, block: str) -> None:
        fields: dict[str, list[str]] = {}
        for name, lines in FIELD.findall(block):
            fields.setdefault(name, []).append("".join(map(json.loads, lines.splitlines())))
        self.context = fields.get("msgctxt", [None])[0]
        self.texts = fields["msgid"] + fields.get("msgid_plural", [])
        self.translations = fields["msgstr"]
        self.is_done = all(self.translations) and not re.search("^#,.*fuzzy", block, re.MULTILINE)

    @property
    def key(self) -> tuple[str | None, ...]:
        """What identifies the text among all."""
        return self.context, *self.texts

    def shown(self) -> list[str]:
        """Return what the pages show for it in the active language."""
        text, *plural = self.texts
        if plural:
            return [translation.ngettext(text, plural[0], count) for count in (1, 2)]
        return [translation.pgettext(self.context, text) if self.context else translation.gettext(text)]


def catalog(root: Path) -> list[Entry]:
    """Return the German texts of all apps; the head of a file is none."""
    blocks = [
        block
        for path in root.glob("*/locale/de/LC_MESSAGES/django.po")
        for block in path.read_text().split("\n\n")[1:]
    ]
    return [Entry(block) for block in blocks]


@pytest.fixture(autouse=True)
def _keep_language() -> Iterator[None]:
    with translation.override("en"):
        yield


def test_every_text_is_translated() -> None:
    entries = catalog(ROOT)
    assert len(entries) > 300
    assert [entry.texts for entry in entries if not entry.is_done] == [], ADVICE
    for entry in entries:
        wanted = {tuple(sorted(PLACEHOLDER.findall(text))) for text in entry.texts}
        found = {tuple(sorted(PLACEHOLDER.findall(text))) for text in entry.translations}
        assert found <= wanted, entry.translations


def test_pages_show_the_catalogs() -> None:
    """The compiled ones are up to date, and no text has another translation in Django or another app."""
    with translation.override("de"):
        others = [
            (entry.texts, entry.shown()) for entry in catalog(ROOT) if entry.shown() != entry.translations
        ]
    assert others == [], f"{ADVICE} A text that Django or another app has too may need a context."


def test_labels_of_figures_are_in_the_catalog() -> None:
    """They are read from a file in which gettext finds nothing."""
    labels = {each["label"] for each in FIGURES} | set(CHARTS.values())
    labels |= {each["short"] for each in FIGURES if "short" in each}
    assert labels <= {entry.texts[0] for entry in catalog(ROOT)}, "Name them in pulse/ui_text.html."


def test_no_text_is_missing_in_the_catalogs(tmp_path: Path) -> None:
    if not shutil.which("xgettext"):
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip)(NO_GETTEXT)
    copy = shutil.copytree(ROOT, tmp_path / "copy", ignore=NOT_COPIED)
    command = [
        sys.executable,
        "manage.py",
        "makemessages",
        "--locale",
        "de",
        "--no-location",
        "--no-obsolete",
    ]
    environment = without_settings({**os.environ, "DJANGO_SETTINGS_MODULE": "rtproject.settings"})
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found, known = ({entry.key for entry in catalog(root)} for root in (copy, ROOT))
    assert found == known, ADVICE


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/", "/echo/", "/rooms/", "/rooms/lobby/", "/dashboard/", "/api/", "/login/", "/no"]
)
def test_the_browser_chooses_the_language(client: Client, path: str) -> None:
    """One after the other, since a language must not stay for the next reader."""
    for accepted, language, words in (
        ("de-AT, en;q=0.5", "de", "Zum Inhalt springen"),
        ("", "en", "Skip to content"),
        ("tlh", "en", "Skip to content"),
    ):
        response = client.get(path, headers={"Accept-Language": accepted} if accepted else {})
        html = response.content.decode()
        assert f'<html lang="{language}"' in html
        assert words in html
        assert "Accept-Language" in response["Vary"]


@pytest.mark.parametrize(("language", "_name"), settings.LANGUAGES)
@pytest.mark.parametrize("template", ["400.html", "500.html", "503.html"])
def test_bare_pages_name_their_language(template: str, language: str, _name: str) -> None:
    with translation.override(language):
        html = render(None, template).content.decode()
    assert f'<html lang="{language}"' in html
    assert ("Zur Startseite" in html) == (language == "de")
