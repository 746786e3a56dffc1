"""The pages in a browser: links, requests, width, and the state of the server."""

import re
from typing import Any
from urllib.parse import urljoin

from playwright.async_api import Page, Route, expect
from websockets.asyncio.client import connect

from rooms.tests.wire import next_frame
from rtproject.tests.support.accessibility import assert_accessible

PHONE = {"width": 320, "height": 640}
LONGEST_NAME = "W" * 64  # of a room, in the widest letter

# Path -> an element that is there as soon as the page works.
PAGES = {
    "/": "#stats-address",
    "/echo/": "#state[data-state=open]",
    "/rooms/": "#rooms",
    "/rooms/lobby/": "#state[data-state=open]",
    f"/rooms/{LONGEST_NAME}/": "#state[data-state=open]",
    "/rooms/VIP/": "#password-form",
    "/dashboard/": "article.host[data-host]",
    "/api/": "#parameter-room",
    "/login/": "#account-form",
    "/admin/login/": "#account-form",
}
OVERHANG = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

# The home page asks again whenever it is shown, so it does not have to be waited for.
ALWAYS_SHOWN = """setInterval(() => document.dispatchEvent(new Event("visibilitychange")), 50)"""


async def test_every_page_works_on_a_phone_and_asks_no_one_else(daphne, pages):
    """No page reports a problem, sends a request elsewhere, or is wider than a phone.

    The problems and the requests are what `pages` looks for.
    """
    phone = await pages.new(base_url=daphne.http_url(), viewport=PHONE)
    for path, sign in PAGES.items():
        await phone.goto(path)
        await phone.wait_for_selector(sign)
        assert await phone.evaluate(OVERHANG) == 0, f"{path} is too wide"
        assert pages.problems == [], path


async def test_a_page_that_is_not_there_leads_back(daphne, pages):
    """A page that does not exist says so, fits a phone, and has a link home."""
    phone = await pages.new(base_url=daphne.http_url(), viewport=PHONE)
    answer = await phone.goto("/no-such-page/")
    assert answer.status == 404
    await expect(phone.locator("h1")).to_have_text("Page not found")
    assert await phone.evaluate(OVERHANG) == 0
    await assert_accessible(phone)
    await phone.click("#content a")
    await expect(phone.locator("#echo-address")).to_be_visible()
    pages.problems = [told for told in await pages.settled_problems() if "404" not in told]


async def test_the_home_page_leads_to_everything(daphne, page):
    """Every link of it leads to a page, and every WebSocket address answers a program."""
    await page.goto(daphne.http_url("/"))
    links = await page.locator("a[href^='/']").evaluate_all("links => links.map(link => link.href)")
    assert {urljoin(page.url, path) for path in ("/echo/", "/rooms/", "/dashboard/", "/admin/")} <= set(links)
    for link in set(links):
        answer = await page.request.get(link)
        assert answer.ok, link
    for name, first in {"echo": "Echo: hello", "rooms": '"welcome"', "stats": '"pulse"'}.items():
        address = (await page.inner_text(f"#{name}-address")).replace("<room>", "lobby")
        async with connect(address, proxy=None) as client:
            await client.send("hello")
            assert first in await client.recv()


async def test_the_home_page_shows_how_the_server_is(daphne, page):
    """Rooms, people, and the pulse of this machine, live; axe-core finds nothing."""
    await page.add_init_script(ALWAYS_SHOWN)
    await page.goto(daphne.http_url("/"))
    await expect(page.locator("#state")).to_have_text("The database and the channel layer respond.")
    await expect(figure(page, "rooms")).to_have_text("2")
    await expect(figure(page, "machines")).to_have_text("1")
    await expect(figure(page, "cpu")).to_have_text(re.compile(r"^\d+%$"))
    async with daphne.connect("/ws/anything") as client:
        await next_frame(client)
        await expect(figure(page, "people")).to_have_text("1")
    await assert_accessible(page)
    await page.set_viewport_size(PHONE)
    tops = await page.locator("nav li").evaluate_all("items => items.map((item) => item.offsetTop)")
    assert len(set(tops)) == 1  # all pages in one line


async def test_the_home_page_says_what_is_out_of_reach(daphne, page):
    """It may be store, layer or server; a pulse for staff alone is not shown."""
    told: dict[str, Any] = {"ok": False, "store": True, "layer": False, "rooms": 2, "people": None}
    told |= {"machines": 1, "pulse": None}

    async def answer(route: Route) -> None:
        await (route.fulfill(json=told) if told else route.fulfill(status=204))

    await page.route("**/state/", answer)
    await page.add_init_script(ALWAYS_SHOWN)
    await page.goto(daphne.http_url("/"))
    state = page.locator("#state")
    await expect(state).to_contain_text("The channel layer cannot be reached")
    await expect(figure(page, "people")).to_have_text("unknown")
    await expect(figure(page, "cpu")).to_have_text("no pulse")
    told["machines"] = None
    await expect(figure(page, "cpu")).to_be_hidden()
    before = dict(told, ok=True, layer=True, people=3)
    told.clear()
    await expect(state).to_have_text("The server does not respond. These are its last figures.")
    await expect(figure(page, "rooms")).to_have_text("2")
    await expect(page.locator("#figures[data-stale]")).to_be_visible()
    told.update(before)
    await expect(state).to_have_text("The database and the channel layer respond.")
    await expect(figure(page, "people")).to_have_text("3")
    await expect(page.locator("#figures:not([data-stale])")).to_be_visible()


def figure(page: Page, name: str):
    return page.locator(f'[data-figure="{name}"]')
