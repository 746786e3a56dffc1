"""The page of the API in a browser."""

import asyncio

from playwright.async_api import expect

from rtproject.tests.support.accessibility import assert_accessible
from rtproject.tests.support.browser import Pages
from rtproject.tests.support.servers import Daphne


async def test_a_reader_tries_a_call_with_a_token_that_no_one_keeps(daphne: Daphne, pages: Pages) -> None:
    page = await pages.new()
    made = await asyncio.to_thread(daphne.manage, "token", "reader", "--scope", "rooms:post")
    token = made.strip()
    await page.goto(daphne.http_url("/api/"))
    await page.get_by_label("Token", exact=True).fill(token)
    await page.get_by_label("Call", exact=True).select_option("POST /api/rooms/{room}/messages")
    await page.get_by_label("room", exact=True).fill("lobby")
    await page.get_by_label("Body").fill('{"text": "It\'s from the page"}')
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#status")).to_have_text("201 Created")
    await expect(page.locator("#answer")).to_contain_text('"seq": ')
    await expect(page.locator("#curl")).to_contain_text("api/rooms/lobby/messages")
    await assert_accessible(page)
    kept = await page.evaluate(
        "JSON.stringify([localStorage, sessionStorage, document.cookie, location.href])"
    )
    assert token not in kept + await page.content()
    await page.get_by_label("Call", exact=True).select_option("GET /api/rooms/{room}/members")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#answer")).to_contain_text('"forbidden"')
    pages.problems = [told for told in await pages.settled_problems() if "403" not in told]
