"""Older messages of a room with history in a browser: there by scrolling up, however many there are."""

import asyncio

from playwright.async_api import Page, expect

from rooms.tests.played_room import PlayedRoom
from rooms.tests.test_browser import enter
from rooms.tests.test_browser_history import messages, talk

FILL = "from rooms.tests.support import put_many, read_again; put_many(read_again('lobby'), 250)"
MOST_SHOWN = 300  # elements, see shown.js
MOST_HELD = 5000  # messages, see messages.js
SEEN = """() => {
    const { top } = document.getElementById("log").getBoundingClientRect();
    const seen = [...document.querySelectorAll(".message")].find((item) => item.getBoundingClientRect().bottom > top);
    return [seen.dataset.seq, Math.round(seen.querySelector(".text").getBoundingClientRect().top)];
}"""
# Goes to the top of what is there, and returns the first message that is there then, as soon as it is another one.
GO_UP = """() => new Promise((resolve) => {
    const [log, list] = ["log", "messages"].map((id) => document.getElementById(id));
    const first = () => Number(list.querySelector(".message").dataset.seq);
    const before = first();
    const observer = new MutationObserver(() => {
        if (first() === before) return;
        observer.disconnect();
        resolve([first(), list.childElementCount]);
    });
    observer.observe(list, { childList: true });
    log.scrollTop = 0;
})"""


async def wheel_up(page: Page, pixels: int) -> None:
    """Turns the wheel over the log."""
    await page.hover("#log")
    await page.mouse.wheel(0, -pixels)


async def test_older_messages_come_by_scrolling_up(start_server, page):
    """As often as there are any, without a click, and what is being read stays where it is."""
    server = start_server(ROOMS_MESSAGE_RATE="0")
    texts = [f"message {number}" for number in range(1, 121)]
    await talk(server, *texts)
    await enter(page, server.http_url("/rooms/lobby/"))
    await expect(messages(page)).to_have_text(texts[-50:])
    shown = 50
    while shown < 120:
        await wheel_up(page, 300)
        shown = await messages(page).count()
    await expect(messages(page)).to_have_text(texts)
    await expect(page.locator("#older")).to_be_hidden()
    await talk(server, "now")
    await expect(messages(page)).to_have_text([*texts, "now"])


async def test_who_scrolls_faster_than_the_server_answers_gets_all_the_same(start_server, page):
    """What is refused for a moment is asked for again, and a reader who waits at the top need not do anything."""
    server = start_server(ROOMS_MESSAGE_RATE="1/second")
    await asyncio.to_thread(server.execute, FILL)
    await enter(page, server.http_url("/rooms/lobby/"))
    await expect(messages(page)).to_have_count(50)
    first = 250
    while first > 1:
        first, _ = await page.evaluate(GO_UP)
        await expect(page.locator("#say-error")).to_be_empty()
    await expect(messages(page)).to_have_text([str(number) for number in range(1, 251)])


async def test_a_reader_at_the_top_goes_on_after_an_outage(daphne, page):
    """What was asked for on the connection that ended is asked for on the next one."""
    room = PlayedRoom(120)
    await room.enter(page, daphne.http_url())
    room.instead = [None]
    await page.evaluate("document.getElementById('log').scrollTop = 0")
    for _ in range(2):  # until the page has heard of it
        await page.evaluate("() => new Promise(requestAnimationFrame)")
    await room.links[-1].close(code=4200)
    await expect(messages(page).first).to_have_text("21")
    assert room.asked == [71, 71]


async def test_older_messages_that_cannot_be_had_just_now_are_asked_for_again(daphne, page):
    """The page says that the server cannot be asked, until it can."""
    room = PlayedRoom(120)
    await room.enter(page, daphne.http_url())
    room.instead = [{"type": "error", "code": "unavailable", "detail": "in no language"}]
    await page.evaluate("document.getElementById('log').scrollTop = 0")
    await expect(page.locator("#say-error")).to_have_text("The server is unavailable right now.")
    await expect(messages(page).first).to_have_text("21")
    await expect(page.locator("#say-error")).to_be_empty()


async def test_what_is_read_stays_in_its_place(daphne, page):
    """Neither what comes above nor what comes below moves it on the screen."""
    room = PlayedRoom(500)
    await room.enter(page, daphne.http_url())
    await expect(messages(page)).to_have_count(50)
    await page.evaluate("document.getElementById('log').scrollTop = 450")
    await expect(page.locator("#jump")).to_be_visible()  # the page knows that its reader has left the end
    before = await page.evaluate(SEEN)
    room.tell(*(room.message() for _ in range(30)))
    await expect(page.locator("#jump")).to_have_text("New messages: 30")
    assert await page.evaluate(SEEN) == before
    await page.evaluate("document.getElementById('older').click()")
    await expect(messages(page).first).to_have_text("401")
    assert await page.evaluate(SEEN) == before


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


async def test_ten_thousand_messages_are_all_within_reach_and_few_of_them_in_the_page(daphne, page):
    """A reader who stays has 300 elements at most, and comes to the very first message and back to the end."""
    room = PlayedRoom(50)
    await room.enter(page, daphne.http_url())
    for _ in range(10):
        room.tell(*(room.message() for _ in range(995)))
    await expect(messages(page).last).to_have_text("10000", timeout=60_000)
    assert await messages(page).count() <= MOST_SHOWN
    first, most = 10_000, 0
    while first > 1:
        first, count = await page.evaluate(GO_UP)
        most = max(most, count)
    assert most == MOST_SHOWN
    assert MOST_HELD - 500 < room.asked[0] <= MOST_HELD + 1  # the rest the page had given back to the room
    shown = await messages(page).all_inner_texts()
    assert shown == [str(number) for number in range(1, MOST_SHOWN + 1)]
    await page.click("#jump")
    await expect(messages(page).last).to_have_text("10000")
    await expect(messages(page).last).to_be_in_viewport()
    assert await messages(page).count() <= MOST_SHOWN


async def test_a_reader_far_above_comes_down_again_message_by_message(daphne, page):
    """What was taken away below comes back by scrolling down, without a hole, also what came meanwhile."""
    room = PlayedRoom(600)
    await room.enter(page, daphne.http_url())
    first = 600
    while first > 1:
        first, _ = await page.evaluate(GO_UP)
    room.tell(room.message("new"))
    await expect(page.locator("#jump")).to_have_text("New messages: 1")
    seen: list[int] = []
    while not await page.locator("#jump").is_hidden():
        seen += await page.evaluate(
            "[...document.querySelectorAll('.message')].map((item) => Number(item.dataset.seq))"
        )
        await page.evaluate(
            "() => { const log = document.getElementById('log'); log.scrollTop += log.clientHeight; }"
        )
        await page.evaluate("() => new Promise(requestAnimationFrame)")
    assert sorted(set(seen)) == list(range(1, 601 + 1))
    await expect(messages(page).last).to_have_text("new")
    await expect(page).to_have_title("played · rtproject")
