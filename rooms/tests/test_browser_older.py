"""Older messages of a room in a browser, loaded by scrolling up."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from rooms.tests.browser import messages, next_frame_of_the_screen, scroll_to
from rooms.tests.played_room import PlayedRoom

MOST_SHOWN = 300  # elements, see shown.js
MOST_HELD = 5000  # messages, see messages.js
GO_UP = Path(__file__).parent / "static" / "support" / "go_up.js"
SEQS = "items => items.map((item) => Number(item.dataset.seq))"
PLACES = "texts => texts.map((text) => [text.textContent, text.getBoundingClientRect().top])"


async def seen_first(page: Page) -> tuple[str, float]:
    """The text and the place of the first message that can be seen."""
    top = (await page.locator("#log").bounding_box() or {"y": 0.0})["y"]
    return next(seen for seen in await messages(page).evaluate_all(PLACES) if seen[1] > top)


def is_same(seen: tuple[str, float], before: tuple[str, float]) -> bool:
    """Return whether message and place are the same, up to the rounding to a pixel."""
    return seen[0] == before[0] and abs(seen[1] - before[1]) < 1


async def test_a_reader_at_the_top_gets_what_could_not_be_had_just_now(daphne, page):
    """Refused questions are asked again after a moment, and a lost one on the next connection."""
    room = PlayedRoom(170)
    await room.enter(page, daphne.http_url())
    errors = [
        {"type": "error", "code": code, "detail": "in no language"}
        for code in ("rate_limited", "unavailable")
    ]
    room.instead = [*errors, None]
    await scroll_to(page, 0)
    await expect(page.locator("#say-error")).to_have_text("The server is unavailable right now.")
    while room.instead:
        await next_frame_of_the_screen(page)
    await room.links[-1].close(code=4200)
    await expect(messages(page).first).to_have_text("71")
    await expect(page.locator("#say-error")).to_be_empty()
    assert room.asked == [121] * 4


async def test_what_is_read_stays_in_its_place(daphne, page):
    """Messages that come above or below do not move it on the screen."""
    room = PlayedRoom(500)
    await room.enter(page, daphne.http_url())
    await expect(messages(page)).to_have_count(50)
    await scroll_to(page, 450)
    before = await seen_first(page)
    room.tell(*(room.message() for _ in range(30)))
    await expect(page.locator("#jump")).to_have_text("New messages: 30")
    assert is_same(await seen_first(page), before)
    await page.locator("#older").evaluate("button => button.click()")
    await expect(messages(page).first).to_have_text("401")
    assert is_same(await seen_first(page), before)


async def test_a_keyboard_brings_older_messages_by_the_button(daphne, page):
    """It has the focus for as long as there are any; then the log has it."""
    room = PlayedRoom(120)
    await room.enter(page, daphne.http_url())
    older = page.locator("#older")
    await older.focus()
    for first in ("21", "1"):
        await page.keyboard.press("Enter")
        await expect(messages(page).first).to_have_text(first)
    await expect(older).to_be_hidden()
    await expect(page.locator("#log")).to_be_focused()


@pytest.mark.slow
async def test_thousands_of_messages_are_all_within_reach_and_few_of_them_in_the_page(daphne, page):
    """The page has at most 300 elements, from the first message to the end."""
    room = PlayedRoom(50)
    await page.add_init_script(path=GO_UP)
    await room.enter(page, daphne.http_url())
    for _ in range(6):
        room.tell(*(room.message() for _ in range(925)))
    await expect(messages(page).last).to_have_text("5600", timeout=60_000)
    await expect(messages(page).last).to_be_in_viewport()
    assert await page.evaluate("goUp()") == MOST_SHOWN
    assert room.asked[0] > 5600 - MOST_HELD - 500  # the rest the page had given back to the room
    assert await page.locator(".message").evaluate_all(SEQS) == list(range(1, MOST_SHOWN + 1))
    await page.click("#jump")
    await expect(messages(page).last).to_have_text("5600")
    await expect(messages(page).last).to_be_in_viewport()


async def test_a_reader_far_above_comes_down_again_message_by_message(daphne, page):
    """Removed elements come back by scrolling down, without a hole, and new ones too."""
    room = PlayedRoom(400)
    await page.add_init_script(path=GO_UP)
    await room.enter(page, daphne.http_url())
    await page.evaluate("goUp()")
    room.tell(room.message("new"))
    await expect(page.locator("#jump")).to_have_text("New messages: 1")
    seen: set[int] = set()
    while not await page.locator("#jump").is_hidden():
        seen.update(await page.locator(".message").evaluate_all(SEQS))
        await page.locator("#log").evaluate("log => { log.scrollTop += log.clientHeight }")
        await next_frame_of_the_screen(page)
    assert seen == set(range(1, 402))
    await expect(messages(page).last).to_have_text("new")


async def test_the_whole_conversation_is_printed_without_controls(daphne, page):
    """What the page holds, shown or not; a reader at the end is there afterwards."""
    room = PlayedRoom(50)
    await room.enter(page, daphne.http_url())
    room.tell(*(room.message() for _ in range(400)))
    await expect(messages(page).last).to_have_text("450")
    await page.evaluate("dispatchEvent(new Event('beforeprint'))")
    await page.emulate_media(media="print")
    await expect(messages(page)).to_have_count(450)
    await expect(page.locator("#say")).to_be_hidden()
    log = page.locator("#log")
    assert await log.evaluate("log => log.scrollHeight - log.clientHeight") == 0
    await page.emulate_media(media="screen")
    await page.evaluate("dispatchEvent(new Event('afterprint'))")
    await expect(messages(page)).to_have_count(MOST_SHOWN)
    await expect(messages(page).last).to_be_in_viewport()


async def test_a_link_leads_to_its_message(daphne, page):
    """Older messages are loaded until it is there; a number that is not kept is said to be none."""
    room = PlayedRoom(500)
    await room.enter(page, daphne.http_url())
    await page.goto(f"{page.url}#120")
    linked = page.locator("[data-linked] .text")
    await expect(linked).to_have_text("120")
    await expect(linked).to_be_in_viewport()
    await expect(page.locator("[data-linked] .at")).to_be_focused()
    await expect(page.locator("#jump")).to_have_text("To the newest")
    assert room.asked == [451, 251]
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(linked).to_have_text("119")
    await page.reload()
    await expect(linked).to_have_text("119")
    await page.goto(page.url.replace("#119", "#501"))
    await expect(page.locator("#say-error")).to_contain_text("not kept")
