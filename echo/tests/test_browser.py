"""The echo's page in a browser: sending, round trips, and the ends of connections."""

import re
import signal

import pytest_asyncio
from playwright.async_api import Page, expect

from rtproject.tests.support.accessibility import assert_accessible
from rtproject.tests.support.browser import is_unreachable

SENT = ".frame[data-direction=sent]"
RECEIVED = ".frame[data-direction=received]"
EVENTS = ".frame[data-direction=connection] .data"
OVERHANG = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
ROUND_TRIP = re.compile(r"^round trip [\d.,]+ ms$")


async def connected(page: Page, address: str) -> Page:
    """Open the page and wait for its connection."""
    await page.goto(address)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    return page


@pytest_asyncio.fixture(loop_scope="session")
async def echo(daphne, page) -> Page:
    """The page, connected."""
    return await connected(page, daphne.http_url("/echo/"))


async def send(echo: Page, data: str) -> None:
    """Type `data` and send it."""
    await echo.fill("#data", data)
    await echo.press("#data", "Enter")


async def test_text_comes_back_as_text(echo):
    """It is shown with size, time and round trip; markup in it stays text."""
    await send(echo, "<b>Grüße</b> 🌍")
    await expect(echo.locator(f"{SENT}[data-kind=text] .data")).to_have_text("<b>Grüße</b> 🌍")
    await expect(echo.locator(f"{RECEIVED}[data-kind=text] .data")).to_have_text("Echo: <b>Grüße</b> 🌍")
    await expect(echo.locator(f"{SENT} .kind")).to_have_text("text, 14 characters, 19 bytes")
    await expect(echo.locator(f"{RECEIVED} .note")).to_have_text(ROUND_TRIP)
    time = echo.locator(f"{RECEIVED} time")
    await expect(time).to_have_attribute("datetime", re.compile(r"^20.*Z$"))
    await expect(time).to_have_text(re.compile(r"^\d\d:\d\d:\d\d\.\d{3}$"))


async def test_bytes_come_back_as_bytes(echo):
    """They are written in hexadecimal, with their readable text below."""
    await echo.check("#as-bytes")
    await send(echo, "48:69, 0xc3 bc")
    await expect(echo.locator(f"{SENT} .data")).to_have_text("48 69 c3 bc")
    await expect(echo.locator(f"{SENT} .kind")).to_have_text("binary, 4 bytes")
    received = echo.locator(f"{RECEIVED}[data-kind=bytes] .data")
    await expect(received).to_have_text("45 63 68 6f 3a 20 48 69 c3 bc")
    await expect(echo.locator(f"{RECEIVED} .reading")).to_have_text("as text: Echo: Hiü")


async def test_what_cannot_be_sent_is_refused_with_a_reason(echo):
    """The input has the focus and is marked until it is right; the connection stays."""
    await echo.check("#as-bytes")
    await send(echo, "4 G")
    await expect(echo.locator("#send-error")).to_contain_text("pairs of hexadecimal digits")
    await expect(echo.locator("#data")).to_have_attribute("aria-invalid", "true")
    await expect(echo.locator("#data")).to_be_focused()
    for count in ("1001", ""):
        await echo.fill("#data", "00ff")
        await echo.fill("#count", count)
        await echo.press("#count", "Enter")
        await expect(echo.locator("#send-error")).to_have_text("Enter a number from 1 to 1000.")
        await expect(echo.locator("#count")).to_be_focused()
    for code in ("2999", "3000.5"):
        await echo.fill("#code", code)
        await echo.press("#code", "Enter")
        await expect(echo.locator("#close-error")).to_contain_text("3000 to 4999")
        await expect(echo.locator("#code")).to_be_focused()
    await echo.fill("#count", "1")
    await echo.press("#count", "Enter")
    await expect(echo.locator(f"{RECEIVED} .data")).to_have_text("45 63 68 6f 3a 20 00 ff")
    await expect(echo.locator("#send-error")).to_be_empty()


async def test_many_are_sent_at_once(echo):
    """All come back and are counted; the list keeps the newest, and can be cleared."""
    await echo.fill("#count", "400")
    await send(echo, "again and again")
    await expect(echo.locator("#summary")).to_have_text(
        re.compile(r"^Round trips: 400\. Fastest [\d.,]+ ms, median [\d.,]+ ms, slowest [\d.,]+ ms\.$")
    )
    await expect(echo.locator(".frame")).to_have_count(300)
    await expect(echo.locator(f"{RECEIVED} .note").last).to_have_text(ROUND_TRIP)
    await echo.click("#clear")
    await expect(echo.locator(".frame")).to_have_count(0)
    await expect(echo.locator("#summary")).to_have_text("No round trips yet.")


async def test_all_of_it_works_by_keyboard(echo):
    """Tab and Enter send bytes and three frames at once, close with a code, and reconnect."""
    for key in ("Tab", "Enter", "Tab"):  # to the content
        await echo.keyboard.press(key)
    await expect(echo.locator("#as-text")).to_be_focused()
    await echo.keyboard.press("ArrowRight")
    await expect(echo.locator("#as-bytes")).to_be_checked()
    await echo.keyboard.press("Tab")
    await echo.keyboard.type("00")
    await echo.keyboard.press("Tab")
    await echo.keyboard.type("3")  # over the 1, which is selected
    await echo.keyboard.press("Tab")
    await expect(echo.locator("#send")).to_be_focused()
    await echo.keyboard.press("Enter")
    await expect(echo.locator(f"{RECEIVED} .note")).to_have_text([ROUND_TRIP] * 3)
    await echo.keyboard.press("Tab")
    await expect(echo.locator("#code")).to_be_focused()
    await echo.fill("#code", "4321")
    await echo.keyboard.press("Enter")
    told = ["Closing with 4321…", "Closed. The server answered with code 1000."]
    await expect(echo.locator(EVENTS)).to_have_text([re.compile("^Connected after .* ms"), *told])
    await expect(echo.locator("#send")).to_be_disabled()
    await expect(echo.locator("#connect")).to_be_focused()
    await echo.press("#data", "Enter")
    await expect(echo.locator("#send-error")).to_have_text("Not sent: there is no connection.")
    await echo.press("#connect", "Enter")
    await expect(echo.locator("#state")).to_have_attribute("data-state", "open")
    await expect(echo.locator("#data")).to_be_focused()
    await echo.check("#as-text")
    await echo.fill("#data", "one")
    await echo.press("#data", "Shift+Enter")
    await echo.keyboard.type("two")
    await echo.keyboard.press("Enter")
    last = echo.locator(f"{RECEIVED} .data").last
    await expect(last).to_have_text("Echo: one\ntwo", use_inner_text=True)


async def test_what_is_on_its_way_when_the_connection_ends_is_said_to_be_lost(start_server, pages):
    """The page says that they will not be answered, and when it tries again."""
    server = start_server()
    echo = await connected(await pages.new(), server.http_url("/echo/"))
    server.send_signal(signal.SIGSTOP)
    await send(echo, "lost")
    await expect(echo.locator(f"{SENT} .note")).to_be_empty()
    server.kill()
    await expect(echo.locator(f"{SENT} .note")).to_have_text("no answer")
    await expect(echo.locator(EVENTS).nth(1)).to_have_text("The connection ended with 1006.")
    await expect(echo.locator("#next-try")).to_contain_text("Trying again")
    await expect(echo.locator("#send")).to_be_disabled()
    told = await pages.settled_problems()
    pages.problems = [problem for problem in told if not is_unreachable(problem)]


async def test_everybody_can_use_it(echo):
    """axe-core finds no violation in any state, and a long frame fits a phone."""
    await echo.set_viewport_size({"width": 320, "height": 640})
    await echo.check("#as-bytes")
    await send(echo, "ff" * 3000)
    await expect(echo.locator(f"{RECEIVED} .data")).to_contain_text("45 63 68 6f 3a 20 ff")
    assert await echo.evaluate(OVERHANG) == 0
    await send(echo, "no")
    await expect(echo.locator("#send-error")).not_to_be_empty()
    await assert_accessible(echo)
    await echo.click("#close")
    await expect(echo.locator("#state")).to_have_attribute("data-state", "closed")
    await assert_accessible(echo)
