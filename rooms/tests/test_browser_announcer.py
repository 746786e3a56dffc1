"""What a screen reader is told of a room: each message, or how many there were."""

import pytest_asyncio
from playwright.async_api import Page, expect

from rooms.tests.played_room import BOB, YOU, PlayedRoom

# Keeps everything that the region for a screen reader ever said.
LISTEN = """() => {
    globalThis.told = [];
    const region = document.getElementById("announcements");
    new MutationObserver(() => told.push(region.textContent)).observe(region, { childList: true });
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def room(daphne, page) -> PlayedRoom:
    """A room with a past, whose page is listened to, and whose clock the test winds."""
    await page.clock.install()
    room = PlayedRoom(60)
    await room.enter(page, daphne.http_url())
    await expect(page.locator(".message")).to_have_count(50)
    await page.clock.pause_at(4_000_000_000_000)
    await page.evaluate(LISTEN)
    return room


async def told(page: Page, text: str, milliseconds: int) -> list[str]:
    """What was said so many milliseconds after the message `text` came."""
    await expect(page.locator(".message .text").last).to_have_text(text)
    await page.clock.run_for(milliseconds)
    said: list[str] = await page.evaluate("told.splice(0)")
    return said


async def test_a_few_messages_are_read_out(page, room):
    """Once each, a moment after they came, in one go; the same words are said again when they are said again."""
    for _ in range(2):
        room.tell(room.message("hello"), room.message("anybody here?", {**BOB, "name": "<i>Bob</i>"}))
        assert await told(page, "anybody here?", 999) == []
        assert await told(page, "anybody here?", 1) == ["Bob: hello\n<i>Bob</i>: anybody here?"]


async def test_fifty_messages_in_a_second_are_one_sentence(page, room):
    """Who speaks is named as far as there are few of them; then there is a rest before the next sentence."""
    people = [{**BOB, "id": name, "name": name} for name in ("Ada", "Bob", "Cem", "Dan", "Eve")]
    room.tell(*(room.message(f"text {number}", people[number % 2]) for number in range(50)))
    assert await told(page, "text 49", 1000) == ["New messages: 50, from Ada and Bob."]
    room.tell(*(room.message(f"more {number}", people[number % 5]) for number in range(50)))
    assert await told(page, "more 49", 4999) == []
    assert await told(page, "more 49", 1) == ["New messages: 50, from Ada, Bob, Cem, and others."]


async def test_neither_the_past_nor_our_own_words_are_read_out(page, room):
    """What the room brings when we come was said before, and what we say we know."""
    room.tell(room.message("mine", YOU))
    assert await told(page, "mine", 2000) == []


async def test_what_was_missed_in_an_outage_is_told(page, room):
    """As news, after the connection is back."""
    await room.links[-1].close(code=4200)
    await page.clock.run_for(1000)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    room.tell(*(room.message(f"text {number}") for number in range(9)))
    assert await told(page, "text 8", 1000) == ["New messages: 9, from Bob."]


async def test_the_log_itself_says_nothing(page, room):
    """Else each message would be read out twice."""
    await expect(page.locator("#log")).to_have_attribute("aria-live", "off")
    await expect(page.locator("#announcements")).to_have_attribute("role", "status")
