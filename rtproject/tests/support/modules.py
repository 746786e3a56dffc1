"""Tests of JavaScript modules without a page of their own: scripts that use them in a browser."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Page

FAKES = Path(__file__).with_name("fake_network.js")

Run = Callable[[str], Awaitable[Any]]


async def script_runner(page: Page, home: str, setting: str) -> Run:
    """Returns a function that runs the body of an async function in `page` and returns what it returns.

    `home` is any address of the site, `setting` JavaScript that runs before each body, as part of it: it
    imports modules by their paths on the server. `FakeNetwork` is there, see `fake_network.js`.
    """
    await page.add_init_script(path=FAKES)
    await page.goto(home)

    async def run(body: str) -> Any:
        return await page.evaluate(f"async () => {{ {setting}\n{body} }}")

    return run
