"""An app is found: by the site, and by the tools that check it."""

import tomllib
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def test_the_rules_of_imports_know_every_app():
    """The tests, the types and the coverage find all folders by themselves."""
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    found = {path.parent.name for path in ROOT.glob("*/routing.py")} | {"rtproject"}
    assert set(rules["root_packages"]) == found
    layers, cycles = (
        next(each for each in rules["contracts"] if each["type"] == kind)
        for kind in ("layers", "acyclic_siblings")
    )
    assert set(cycles["ancestors"]) == found
    assert {*layers["layers"][0].split(" | "), "rtproject"} == found
