"""Checks of a page with axe-core."""

import json
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

SCHEMES = ("light", "dark")  # for `page.emulate_media(color_scheme=…)`

# The demands of WCAG 2.2 up to level AA, and axe's good practices.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}


async def violations(page: Page, within: str | None = None) -> list[dict[str, Any]]:
    """Return the violations on the page, or in the part that the selector `within` names."""
    context = None if within is None else {"include": [[within]]}
    results = await Axe().run(page, context, OPTIONS)
    found: list[dict[str, Any]] = results.response["violations"]
    return found


async def assert_accessible(page: Page, within: str | None = None) -> None:
    """Raise AssertionError with each violation of axe-core's rules, in light and in dark."""
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = await violations(page, within)
        assert not found, f"{page.url} in {scheme}:\n" + "\n".join(_told(problem) for problem in found)


def _told(problem: dict[str, Any]) -> str:
    places = [f"  {' '.join(map(str, node['target']))}: {node['html'][:200]}" for node in problem["nodes"]]
    details = [json.dumps(node["any"][0].get("data")) for node in problem["nodes"] if node["any"]][:3]
    return "\n".join([f"{problem['id']} ({problem['impact']}): {problem['help']}", *places, *details])
