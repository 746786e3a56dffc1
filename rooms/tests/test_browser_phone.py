"""A room on a phone: widths, sizes, and the input above the keyboard."""

from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page, expect

from rooms.tests.browser import messages, next_frame_of_the_screen
from rooms.tests.played_room import BOB, YOU, PlayedRoom, person

HEIGHT, KEYBOARD = 780, 340  # pixels
PHONE = {"viewport": {"width": 390, "height": HEIGHT}, "has_touch": True, "is_mobile": True}
KEYBOARD_SCRIPT = Path(__file__).parent / "static" / "support" / "keyboard.js"


@pytest_asyncio.fixture(loop_scope="session")
async def phone(pages) -> Page:
    """A page on a phone whose keyboard the test shows and hides."""
    page = await pages.new(**PHONE)
    await page.add_init_script(path=KEYBOARD_SCRIPT)
    return page


async def bottoms(page: Page) -> list[float]:
    """Return the bottoms of button, input and last message, after the log has scrolled."""
    await next_frame_of_the_screen(page)
    parts = page.locator("#send"), page.locator("#say"), messages(page).last
    return [await part.evaluate("part => part.getBoundingClientRect().bottom") for part in parts]


async def test_the_place_to_write_stays_above_the_keyboard(daphne, phone):
    """Input, button and newest message stay visible, and return to their places."""
    await PlayedRoom(60).enter(phone, daphne.http_url())
    await expect(messages(phone)).to_have_count(50)
    before = await bottoms(phone)
    assert max(before) <= HEIGHT
    await phone.tap("#say")
    await phone.evaluate("pixels => cover(pixels)", KEYBOARD)
    await expect(messages(phone).last).to_be_in_viewport()
    assert max(await bottoms(phone)) <= HEIGHT - KEYBOARD
    assert await phone.locator("#log").evaluate("log => log.clientHeight") > 200
    await phone.evaluate("cover(0)")
    assert await bottoms(phone) == before


async def test_a_message_is_sent_without_putting_the_keyboard_away(daphne, phone):
    """The input keeps the focus under a tap on the button, and says what its key does."""
    await PlayedRoom().enter(phone, daphne.http_url())
    await phone.tap("#say")
    await phone.keyboard.type("hello")
    await phone.locator("#say").evaluate("input => { input.onblur = () => { window.blurred = true } }")
    await phone.tap("#send")
    await expect(messages(phone, "sending")).to_have_text("hello")
    await expect(phone.locator("#say")).to_be_focused()
    assert await phone.evaluate("window.blurred") is None
    await expect(phone.locator("#say")).to_have_attribute("enterkeyhint", "enter")


async def test_enter_makes_a_line_on_a_phone(daphne, phone):
    """The button sends both lines."""
    room = PlayedRoom()
    await room.enter(phone, daphne.http_url())
    await phone.tap("#say")
    await phone.keyboard.type("one")
    await phone.keyboard.press("Enter")
    await phone.keyboard.type("two")
    await phone.tap("#send")
    await expect(messages(phone, "sending")).to_have_text("one\ntwo")


async def test_a_phone_held_sideways_hides_nothing(daphne, phone):
    """A low page is none that a keyboard covers."""
    await PlayedRoom().enter(phone, daphne.http_url())
    await phone.set_viewport_size({"width": HEIGHT, "height": 390})
    await phone.tap("#say")
    await expect(phone.locator("#change-name")).to_be_visible()
    await expect(phone.locator(".top")).to_be_visible()
    await phone.evaluate("cover(200)")
    await expect(phone.locator("#change-name")).to_be_hidden()


async def test_nothing_zooms_in_and_nothing_is_too_wide(daphne, phone):
    """Safari zooms into an input below 16 pixels; long words and names fit the screen."""
    room = PlayedRoom(members=[YOU, *map(person, range(1, 100))], count=150)
    await room.enter(phone, daphne.http_url())
    wide = {**BOB, "id": "wide", "name": "W" * 32, "guest": False}
    room.tell(room.message("W" * 500, wide), room.message("https://example.org/" + "w" * 400, wide))
    room.tell(room.notice("N" * 200))
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
    assert bottom <= HEIGHT - KEYBOARD
