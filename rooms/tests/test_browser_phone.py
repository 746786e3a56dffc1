"""A room on a phone: wide enough, large enough, and with the place to write above the keyboard."""

import pytest_asyncio
from playwright.async_api import Page, expect

from rooms.tests.played_room import BOB, YOU, PlayedRoom, person

PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
KEYBOARD = 340  # pixels of a phone's height

# A viewport of which a keyboard can cover a part, as Safari has it: the page's own height does not change.
KEYBOARD_SCRIPT = """
let covered = 0;
const real = visualViewport;
const viewport = new EventTarget();
Object.defineProperties(viewport, { scale: { get: () => real.scale }, height: { get: () => real.height - covered } });
Object.defineProperty(globalThis, "visualViewport", { value: viewport });
const tell = () => viewport.dispatchEvent(new Event("resize"));
real.addEventListener("resize", tell);
globalThis.cover = (pixels) => { covered = pixels; tell(); };
"""
GEOMETRY = """() => Object.fromEntries(["send", "say", "log"].map((id) => {
    const { top, bottom, left, right } = document.getElementById(id).getBoundingClientRect();
    return [id, { top, bottom, left, right }];
}))"""


@pytest_asyncio.fixture(loop_scope="session")
async def phone(pages) -> Page:
    """A page on a phone whose keyboard the test shows and hides."""
    page = await pages.new(**PHONE)
    await page.add_init_script(KEYBOARD_SCRIPT)
    return page


async def test_the_place_to_write_stays_above_the_keyboard(daphne, phone):
    """Input and button are in what can be seen, the newest message too, and all is as before when it goes."""
    await PlayedRoom(60).enter(phone, daphne.http_url())
    before = await phone.evaluate(GEOMETRY)
    assert before["send"]["bottom"] <= 780
    await phone.tap("#say")
    await phone.evaluate("pixels => cover(pixels)", KEYBOARD)
    seen = 780 - KEYBOARD
    covered = await phone.evaluate(GEOMETRY)
    assert covered["send"]["bottom"] <= seen
    assert covered["say"]["bottom"] <= seen
    assert covered["log"]["bottom"] - covered["log"]["top"] > 200
    await expect(phone.locator(".message .text").last).to_be_in_viewport()
    assert (
        await phone.evaluate("document.querySelector('.message:last-child').getBoundingClientRect().bottom")
        < seen
    )
    await phone.evaluate("cover(0)")
    assert await phone.evaluate(GEOMETRY) == before


async def test_a_message_is_sent_without_putting_the_keyboard_away(daphne, phone):
    """The input keeps the focus under a tap on the button, and says what its key does."""
    room = PlayedRoom()
    await room.enter(phone, daphne.http_url())
    await phone.tap("#say")
    await phone.keyboard.type("hello")
    await phone.evaluate(
        "document.getElementById('say').addEventListener('blur', () => { globalThis.blurred = true; })"
    )
    await phone.tap("#send")
    await expect(phone.locator(".message[data-status=sending] .text")).to_have_text("hello")
    await expect(phone.locator("#say")).to_be_focused()
    assert await phone.evaluate("globalThis.blurred ?? false") is False
    await expect(phone.locator("#say")).to_have_attribute("enterkeyhint", "send")


async def test_nothing_zooms_in_and_nothing_is_too_wide(daphne, phone):
    """Safari zooms into any input below 16 pixels; long words, names and a list of many stay within the screen."""
    room = PlayedRoom(members=[YOU, *map(person, range(1, 100))], count=150)
    await room.enter(phone, daphne.http_url())
    wide = {**BOB, "id": "wide", "name": "W" * 32, "guest": False}
    room.tell(room.message("W" * 500, wide), room.message("https://example.org/" + "w" * 400, wide))
    room.tell({"type": "notice", "text": "N" * 200})
    await expect(phone.locator("#messages > li")).to_have_count(3)
    await phone.click("#change-name")
    for name in ("#say", "#guest-name", "#password"):
        size = await phone.locator(name).evaluate("input => parseFloat(getComputedStyle(input).fontSize)")
        assert size >= 16, name
    await phone.click("#show-members")
    for part in (":root", "#log", "#member-list"):
        assert await phone.locator(part).evaluate("part => part.scrollWidth - part.clientWidth") == 0, part


async def test_the_password_is_asked_for_above_the_keyboard(daphne, phone):
    """Its form takes the place of the input for as long as both do not fit."""
    room = PlayedRoom()
    await room.enter(phone, daphne.http_url())
    await room.links[-1].close(code=4009)
    await expect(phone.locator("#password")).to_be_focused()
    await expect(phone.locator("#say")).to_be_visible()
    await phone.evaluate("pixels => cover(pixels)", KEYBOARD)
    await expect(phone.locator("#say")).to_be_hidden()
    bottom = await phone.locator("#enter").evaluate("button => button.getBoundingClientRect().bottom")
    assert bottom <= 780 - KEYBOARD
