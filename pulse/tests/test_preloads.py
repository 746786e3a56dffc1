"""Preloading the modules of a page."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect
from pytest_django import Settings

from pulse.templatetags.preloads import module_preloads

LINK = re.compile(r'<link rel="modulepreload" href="([^"]+)">')
MODULES = {
    "a.js": 'import { b,\n  c } from "./deep/b.js";\nexport * from "./c.js";\n// import("./never.js")\n',
    "deep/b.js": 'import "../c.js";\nexport const text = "./never.js";\n',
    "c.js": 'import { a } from "./a.js";\nexport function f() {\n  return "./never.js";\n}\n',
}


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """Modules with a cycle of imports."""
    (tmp_path / "deep").mkdir()
    for name, text in MODULES.items():
        (tmp_path / name).write_text(text)
    settings.STATICFILES_DIRS = [tmp_path]
    settings.DEBUG = True
    return tmp_path


def test_each_module_that_is_imported_is_linked_once(folder: Path) -> None:
    links = LINK.findall(module_preloads("a.js"))
    assert links == ["/static/a.js", "/static/deep/b.js", "/static/c.js"]


async def test_the_dashboard_preloads_exactly_what_it_imports(daphne, page: Page) -> None:
    """Compared with the requests of a browser for the page without links."""
    linked: list[str] = []
    asked: list[str] = []

    async def without_links(route: Route) -> None:
        response = await route.fetch()
        text = await response.text()
        linked.extend(LINK.findall(text))
        await route.fulfill(response=response, body=LINK.sub("", text))

    await page.route("**/dashboard/", without_links)
    await page.route_web_socket(
        "**/stats**", lambda link: None
    )  # a page that was changed may not open a real one
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith(".js") else None)
    await page.goto(daphne.http_url("/dashboard/"))
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    assert len(linked) > 20
    assert sorted(map(daphne.http_url, linked)) == sorted(asked)
