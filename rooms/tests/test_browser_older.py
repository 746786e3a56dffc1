"""Older messages of a room with history in a browser."""

from playwright.async_api import expect

from rooms.tests.test_browser import enter
from rooms.tests.test_browser_history import messages, talk

POSITION = "selector => document.querySelector(selector).getBoundingClientRect().top"


async def test_older_messages_are_shown_on_demand(start_server, page):
    """A button brings the ones before, as often as there are any, and what is being read stays where it is."""
    server = start_server(ROOMS_MESSAGE_RATE="0")
    texts = [f"message {number}" for number in range(1, 121)]
    await talk(server, *texts)
    await enter(page, server.http_url("/rooms/lobby/"))
    await expect(messages(page)).to_have_text(texts[-50:])
    older = page.locator("#older")
    for shown in (100, 120):
        await older.scroll_into_view_if_needed()
        first = await page.evaluate("document.querySelector('.message').dataset.seq")
        before = await page.evaluate(POSITION, f"[data-seq='{first}']")
        await older.click()
        await expect(messages(page)).to_have_text(texts[-shown:])
        after = await page.evaluate(POSITION, f"[data-seq='{first}']")
        assert abs(after - before) <= 1
    await expect(older).to_be_hidden()
    await talk(server, "now")
    await expect(messages(page)).to_have_text([*texts, "now"])


async def test_what_was_asked_for_is_not_dropped_for_what_is_new(start_server, page):
    """A long list drops its oldest messages, which can be loaded again; those that were just loaded stay."""
    server = start_server(ROOMS_MESSAGE_RATE="0")
    await talk(server, *(f"message {number}" for number in range(1, 61)))
    await enter(page, server.http_url("/rooms/lobby/"))
    await expect(messages(page)).to_have_count(50)
    await talk(server, *(f"more {number}" for number in range(1, 461)))
    await expect(messages(page)).to_have_count(500)
    await expect(messages(page).first).to_have_text("message 21")
    await page.click("#older")
    await expect(messages(page)).to_have_count(520)
    await talk(server, "now")
    await expect(messages(page)).to_have_count(521)
    await expect(messages(page).first).to_have_text("message 1")
