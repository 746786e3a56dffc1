"""Chromium, and pages that record the problems in them."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Error, Page, Request, async_playwright, expect

NO_CHROMIUM = "There is no Chromium here; the variable CHROMIUM can name one."
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # the quickest first

expect.set_options(timeout=20_000)  # milliseconds, for busy machines

# For `add_init_script`: a page takes the function when it is loaded. How long it waits before it connects again is then
# no matter of luck: almost as long as it may, or a tenth of that, so that it tries often enough for a test to see it.
LONGEST_WAITS = "Math.random = () => 0.999"
SMALL_JITTER = "Math.random = () => 0.1"

REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => console.error(
    `Content-Security-Policy: ${event.effectiveDirective} forbids ${event.blockedURI} at line ${event.lineNumber}`
));
"""


def is_unreachable(problem: str) -> bool:
    """Return whether a page only reports that its server is gone."""
    return "WebSocket connection to" in problem or "Failed to load resource: net::ERR_" in problem


def find_chromium() -> str | None:
    """Return the path of the browser: that of the variable CHROMIUM, or the first installed."""
    for name in filter(None, (os.environ.get("CHROMIUM"), *NAMES)):
        if path := shutil.which(name):
            return path
    return None


@asynccontextmanager
async def launched(path: str) -> AsyncIterator[Browser]:
    """The browser at `path` without a window, and without its own background requests."""
    arguments = [
        "--disable-background-networking",
        "--disable-component-update",
        "--no-default-browser-check",
    ]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # root cannot have one
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


class Pages:
    """Pages of one browser, each with cookies of its own, so each is another visitor.

    `problems` collects what a visitor must never cause: JavaScript errors, errors in the console, violations of the
    Content-Security-Policy, requests to anywhere but this machine. A test that causes one on purpose takes it out.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._pages: list[Page] = []
        self.problems: list[str] = []

    async def new(self, **options: Any) -> Page:
        """Open a page of a new visitor; `options` are those of playwright's `new_context`."""
        context = await self._browser.new_context(**options)
        await context.add_init_script(REPORT_VIOLATIONS)
        context.on("weberror", lambda problem: self.problems.append(f"JavaScript: {problem.error}"))
        context.on("console", self._heard)
        context.on("request", self._requested)
        page = await context.new_page()
        self._pages.append(page)
        return page

    async def settled_problems(self) -> list[str]:
        """`problems`, after everything that the pages reported until now has arrived."""
        for page in self._pages:
            try:
                await page.evaluate("0")
            except Error:  # the test closed the page
                continue
        return self.problems

    async def close(self) -> None:
        """End every visit, so that nothing of one test is left for the next."""
        for page in self._pages:
            await page.context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            place = message.location.get("url", "")
            self.problems.append(f"console: {message.text} ({place})")

    def _requested(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname not in ("127.0.0.1", "localhost"):
            self.problems.append(f"request to elsewhere: {request.url}")
