"""The first page in a browser: how the server is, while it runs and when it does not."""

import re

import pytest
from playwright.async_api import expect

from rooms.tests.wire import next_frame
from rtproject.tests.support.accessibility import assert_accessible
from rtproject.tests.support.patched import patched
from rtproject.tests.support.servers import Daphne

# Nothing is remembered.
QUICK = """
import django
django.setup()
from rooms import listing as board
from rtproject import state
board.FRESH_SECONDS = state.FRESH_SECONDS = 0.0
"""
QuickDaphne = patched(Daphne, QUICK)

# The page asks again whenever it is shown, so it does not have to be waited for.
ALWAYS_SHOWN = """setInterval(() => document.dispatchEvent(new Event("visibilitychange")), 50)"""


def figure(page, name):
    return page.locator(f'[data-figure="{name}"]')


@pytest.fixture
def server(new_site):
    """A server of this test's own."""
    running = QuickDaphne(new_site(PULSE_INTERVAL=0.5, PULSE_HOST="machine-1"))
    yield running
    running.terminate()


async def test_it_shows_how_the_server_is(server, page):
    """Rooms, people, and the pulse of this machine, live."""
    await page.add_init_script(ALWAYS_SHOWN)
    await page.goto(server.http_url("/"))
    await expect(page.locator("#state")).to_have_text("The database and the channel layer respond.")
    await expect(figure(page, "rooms")).to_have_text("2")
    await expect(figure(page, "people")).to_have_text("0")
    await expect(figure(page, "machines")).to_have_text("1")
    await expect(figure(page, "cpu")).to_have_text(re.compile(r"^\d+%$"))
    await expect(page.locator(".host").first).to_have_text("machine-1")
    async with server.connect("/ws/anything") as client:
        await next_frame(client)
        await expect(figure(page, "people")).to_have_text("1")


async def test_it_says_when_the_server_does_not_answer(start_server, server, pages):
    """What is shown stays, and it goes on by itself when the server is back."""
    page = await pages.new()
    await page.add_init_script(ALWAYS_SHOWN)
    await page.goto(server.http_url("/"))
    await server.stop()
    await expect(page.locator("#state")).to_have_text(
        "The server does not respond. These are its last figures."
    )
    await expect(figure(page, "rooms")).to_have_text("2")
    await expect(page.locator("#figures[data-stale]")).to_be_visible()
    start_server(Daphne, "-e", f"tcp:port={server.port}:interface=127.0.0.1", site=server.site)
    await expect(page.locator("#state")).to_have_text("The database and the channel layer respond.")
    await expect(page.locator("#figures:not([data-stale])")).to_be_visible()
    told = await pages.settled_problems()
    pages.problems = [problem for problem in told if "Failed to load resource" not in problem]


async def test_it_says_what_is_out_of_reach(start_server, new_site, valkey, page):
    """Without the layer the page is there, and says which part of the site is not."""
    server = start_server(QuickDaphne, site=new_site(REDIS_URL=valkey.url))
    await page.add_init_script(ALWAYS_SHOWN)
    await page.goto(server.http_url("/"))
    await expect(page.locator("#state")).to_have_text("The database and the channel layer respond.")
    valkey.stop()
    await expect(page.locator("#state")).to_contain_text("The channel layer cannot be reached")
    await expect(figure(page, "people")).to_have_text("unknown")
    await expect(figure(page, "cpu")).to_have_text("no pulse")


async def test_a_pulse_for_staff_alone_is_not_shown(start_server, page):
    """There is no row for it."""
    await page.goto(start_server(PULSE_PUBLIC="off").http_url("/"))
    await expect(figure(page, "rooms")).to_have_text("2")
    await expect(figure(page, "cpu")).to_be_hidden()


async def test_everybody_can_use_it(server, page):
    """axe-core finds nothing, in light and in dark, and the smallest phone has all pages in one line."""
    await page.goto(server.http_url("/"))
    await expect(page.locator("#state")).to_have_text("The database and the channel layer respond.")
    await assert_accessible(page)
    await page.set_viewport_size({"width": 320, "height": 640})
    tops = await page.locator("nav li").evaluate_all("items => items.map((item) => item.offsetTop)")
    assert len(set(tops)) == 1


async def test_a_page_that_is_not_there_can_be_used_too(server, pages):
    """Also by those who do not see it."""
    page = await pages.new()
    await page.goto(server.http_url("/no-such-page/"))
    await assert_accessible(page)
    pages.problems = [problem for problem in await pages.settled_problems() if "404" not in problem]
