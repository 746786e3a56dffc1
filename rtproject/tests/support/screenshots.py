"""Pictures of every page: `make screenshots`.

`python -m rtproject.tests.support.screenshots [folder]` starts a site of its own with rooms where people talk
and the pulses of three machines. It writes each page and each of its states, which `screenshot_pages.py` lists, in
light and in dark, on a desk and on a phone, as `<page>-<width>-<scheme>.png`.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, ViewportSize

from rtproject.tests.support.browser import NO_CHROMIUM, find_chromium, launched
from rtproject.tests.support.isolation import ROOT
from rtproject.tests.support.screenshot_pages import ADMIN, BROKEN, PAGES
from rtproject.tests.support.servers import Daphne, PulseWorker
from rtproject.tests.support.site import Site

SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
WIDTHS = {1440: 900, 390: 844}  # by width: height
PULSE_SECONDS = 0.5  # between two pulses, so that there is a line to see soon
MACHINES = ("web-1", "web-2", "db-1")  # the first one is the server's own

MAKE_CONTENT = f"""
from django.contrib.auth.models import Group, User
from rooms.models import Room
User.objects.create_superuser({ADMIN!r}, password={ADMIN!r})
Room.objects.filter(name="lobby").update(title="The lobby")
for name, title, password, closed in [
    ("garden", "Garden and balcony, what grows and what does not", None, False),
    ("standup", "", "secret123", False),
    ("archive-2025", "Archive of last year", None, True),
]:
    room = Room(name=name, title=title, closed=closed, member_limit=50)
    room.set_password(password)
    room.save()
staff = Room.objects.create(name="staff")
staff.groups.add(Group.objects.create(name="staff"))
"""
RENDER_ERROR = """
from django.template.loader import render_to_string
print(render_to_string("500.html"))
"""

# And the room that they are in.
PEOPLE = {"Ann": "lobby", "Bob": "lobby", "محمد": "lobby", "Ida": "lobby", "Eve": "garden"}
TALK = [
    ("Ann", "Good morning! Has anybody seen the new dashboard? https://example.com/a/rather/long/address?with=a&query=too"),
    ("Bob", "Yes.\nThe charts line up now, and the phone no longer scrolls sideways."),
    ("محمد", "مرحبا بالجميع"),
    ("Ann", "Then it is time to take the old one away. Does anybody still look at it?"),
    ("Ann", "I would do it today."),
    ("Ida", "Nobody on our floor does. The machines' names are links there now, and each has a page of its own."),
    ("Bob", "Go on."),
    ("Ann", "Then I will close the ticket after lunch."),
]  # fmt: skip


@asynccontextmanager
async def running_site(directory: Path) -> AsyncIterator[Daphne]:
    """A server with rooms, members that have talked, and three machines that send their pulse."""
    settings = {"WEBSOCKETS_PER_ADDRESS": 0, "PULSE_INTERVAL": PULSE_SECONDS}
    sites = [Site(directory, {**settings, "PULSE_HOST": machine}) for machine in MACHINES]
    sites[0].manage("migrate", "--verbosity", "0")
    sites[0].manage("demo")
    sites[0].execute(MAKE_CONTENT)
    async with AsyncExitStack() as stack:
        for site in sites[1:]:
            stack.callback(PulseWorker(site).terminate)
        server = Daphne(sites[0])
        stack.callback(server.terminate)
        await _talk(stack, server)
        yield server


async def _talk(stack: AsyncExitStack, server: Daphne) -> None:
    """Let all members enter, send their messages, and stay until the end."""
    clients = {}
    for name, room in PEOPLE.items():
        clients[name] = await stack.enter_async_context(server.connect(f"/ws/{room}", {"name": name}))
    for name, text in TALK:
        await clients[name].send(text)
        while json.loads(await clients[name].recv()).get("text") != text:
            pass


async def take_all(folder: Path) -> int:
    """Write all pictures into `folder` and return their number."""
    path = find_chromium()
    if path is None:
        sys.exit(NO_CHROMIUM)
    with tempfile.TemporaryDirectory() as directory:
        async with running_site(Path(directory)) as server, launched(path) as browser:
            looks = [(width, scheme) for width in WIDTHS for scheme in SCHEMES]
            for width, scheme in looks:
                await take_look(browser, server, folder, width, scheme)
    return len(looks) * len(PAGES)


async def take_look(
    browser: Browser, server: Daphne, folder: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    """Write the pictures of one visitor of the server into `folder`."""
    broken = server.execute(RENDER_ERROR)
    viewport: ViewportSize = {"width": width, "height": WIDTHS[width]}
    context = await browser.new_context(base_url=server.http_url(), viewport=viewport, color_scheme=scheme)
    await context.route(f"**{BROKEN}", lambda route: route.fulfill(content_type="text/html", body=broken))
    page = await context.new_page()
    for name, (address, prepare) in PAGES.items():
        if name.startswith("admin"):
            await _log_in(page)
        if address:
            await page.goto("about:blank")  # an address that differs by its fragment alone is loaded, too
            await page.goto(address)
        await prepare(page)
        await page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
    await context.close()


async def _log_in(page: Page) -> None:
    await page.goto("/admin/")
    if await page.locator("#account-form").count():
        await page.fill("#id_username", ADMIN)
        await page.fill("#id_password", ADMIN)
        await page.press("#id_password", "Enter")
        await page.locator("#user-tools").wait_for()


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "screenshots"
    target.mkdir(parents=True, exist_ok=True)
    print(f"{asyncio.run(take_all(target))} pictures in {target}")  # noqa: T201 (it is a command)
