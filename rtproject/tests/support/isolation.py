"""Keeps the developer's own settings out of the tests."""

import re
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

SECRET_KEY = "a key that only the tests know, long enough not to be guessed"

# Every name that `rtproject.settings` reads, as text: it is needed before the settings are imported.
SETTINGS = frozenset(re.findall(r'\bsetting\(\s*"(\w+)"', (ROOT / "rtproject" / "settings.py").read_text()))


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """A copy of `environment` in which no setting of the site is given."""
    return {name: value for name, value in environment.items() if name not in SETTINGS}
