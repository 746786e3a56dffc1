"""The echo's page in a browser: what is sent comes back, and the connection can be ended and begun again."""

import pytest_asyncio
from playwright.async_api import Page, expect

SENT = ".frame[data-direction=sent]"
RECEIVED = ".frame[data-direction=received]"


@pytest_asyncio.fixture(loop_scope="session")
async def echo(daphne, page) -> Page:
    """The page, connected."""
    await page.goto(daphne.http_url("/echo/"))
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    return page


async def test_text_comes_back_as_text(echo):
    """What is typed comes back with "Echo: " before it, and markup in it stays text."""
    await echo.fill("#text", "<b>Grüße</b> 🌍")
    await echo.press("#text", "Enter")
    await expect(echo.locator(f"{SENT}[data-kind=text] .data")).to_have_text("<b>Grüße</b> 🌍")
    await expect(echo.locator(f"{RECEIVED}[data-kind=text] .data")).to_have_text("Echo: <b>Grüße</b> 🌍")


async def test_the_empty_text_comes_back(echo):
    """Nothing but "Echo: " is the answer to nothing."""
    await echo.click("#send-text")
    await expect(echo.locator(f"{RECEIVED}[data-kind=text] .data")).to_have_text("Echo:")
    await expect(echo.locator(f"{RECEIVED} .kind")).to_have_text("text, 6 characters")


async def test_bytes_come_back_as_bytes(echo):
    """The same input as bytes comes back as bytes."""
    await echo.fill("#text", "Grüße")
    await echo.click("#send-bytes")
    await expect(echo.locator(f"{SENT} .kind")).to_have_text("bytes, 7 bytes")
    await expect(echo.locator(f"{RECEIVED}[data-kind=bytes] .data")).to_have_text("Echo: Grüße")


async def test_the_connection_is_ended_and_begun_again_by_keyboard(echo):
    """After "Disconnect" nothing can be sent; "Connect now" has the focus then, and brings the connection back."""
    await echo.press("#close", "Enter")
    await expect(echo.locator("#state")).to_have_attribute("data-state", "closed")
    await expect(echo.locator("#send-text")).to_be_disabled()
    await expect(echo.locator("#reopen")).to_be_focused()
    await echo.keyboard.press("Enter")
    await expect(echo.locator("#state")).to_have_attribute("data-state", "open")
    await echo.fill("#text", "again")
    await echo.press("#text", "Enter")
    await expect(echo.locator(f"{RECEIVED} .data")).to_have_text("Echo: again")
