"""The pages in a browser, all of them: where they lead, and that they keep to themselves and fit a phone."""

from urllib.parse import urljoin

from playwright.async_api import expect
from websockets.asyncio.client import connect

PHONE = {"width": 320, "height": 640}
LONGEST_NAME = "W" * 64  # of a room, in the widest letter

# Path -> what is there as soon as the page does what it is for.
PAGES = {
    "/": "#stats-address",
    "/echo/": "#state[data-state=open]",
    "/rooms/": "#rooms",
    "/rooms/lobby/": "#state[data-state=open]",
    f"/rooms/{LONGEST_NAME}/": "#state[data-state=open]",
    "/rooms/VIP/": "#password-form",
    "/dashboard/": "article.host[data-host]",
    "/admin/login/": "#login-form",
}
OVERHANG = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def test_the_home_page_leads_to_every_other_page(daphne, page):
    """Every link of the home page leads to a page, and each part of the site is among them."""
    await page.goto(daphne.http_url("/"))
    links = await page.locator("a[href^='/']").evaluate_all("links => links.map(link => link.href)")
    assert {urljoin(page.url, path) for path in ("/echo/", "/rooms/", "/dashboard/", "/admin/")} <= set(links)
    for link in set(links):
        answer = await page.request.get(link)
        assert answer.ok, link


async def test_the_home_page_shows_addresses_that_answer(daphne, page):
    """A program can connect to the WebSocket addresses that the home page shows."""
    await page.goto(daphne.http_url("/"))
    shown = {name: await page.inner_text(f"#{name}-address") for name in ("echo", "rooms", "stats")}
    assert shown == {
        "echo": daphne.ws_url("/echo"),
        "rooms": daphne.ws_url("/ws/<room>"),
        "stats": daphne.ws_url("/stats"),
    }
    first = {"echo": "Echo: hello", "rooms": '"welcome"', "stats": '"pulse"'}
    for name, address in shown.items():
        async with connect(address.replace("<room>", "lobby"), proxy=None) as client:
            await client.send("hello")
            assert first[name] in await client.recv()


async def test_every_page_works_on_a_phone_and_asks_nobody_else(daphne, pages):
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
    """An address with nothing behind it says so in words, also on a phone, and leads home."""
    phone = await pages.new(base_url=daphne.http_url(), viewport=PHONE)
    answer = await phone.goto("/no-such-page/")
    assert answer.status == 404
    await expect(phone.locator("h1")).to_have_text("Page not found")
    assert await phone.evaluate(OVERHANG) == 0
    await phone.click("#content a")
    await expect(phone.locator("#echo-address")).to_be_visible()
    pages.problems = [told for told in await pages.settled_problems() if "404" not in told]
