"""Accessibility of a room: axe-core, keyboard, screen reader."""

from playwright.async_api import Page, expect

from rooms.tests.browser import messages, next_frame_of_the_screen, say, scroll_to
from rooms.tests.played_room import BOB, YOU, PlayedRoom, person
from rtproject.tests.support.accessibility import assert_accessible
from rtproject.tests.support.browser import LONGEST_WAITS

PHONE = {"width": 390, "height": 700}
RUNNING = "document.getAnimations().filter(({ playState }) => playState === 'running').length"
FOCUSED = "(({ id, className, tagName }) => id || className || tagName)(document.activeElement)"


async def fill(page: Page, room: PlayedRoom) -> None:
    """Fill the log with everything that it can show."""
    people = [{**BOB, "id": f"p{number}", "name": f"Person {number}"} for number in range(12)]
    room.tell(*(room.message(f"text of {somebody['name']}", somebody) for somebody in people))
    tomorrow, user = "2026-02-01T12:00:00.000Z", {**BOB, "guest": False}
    room.tell(room.message("@Ann, see `code` and\n```\nmore\n```"), room.message(deleted=True) | {"text": ""})
    room.tell(room.message("see https://example.org/ now", user, at=tomorrow))
    room.tell(room.notice("Tea is at five.") | {"at": "2026-02-02T12:00:00.000Z"}, room.message("mine", YOU))
    await say(page, "refused")
    await expect(page.locator(".message[data-status=sending]")).to_have_count(1)
    room.refuse()
    await expect(page.locator(".message[data-status=failed]")).to_have_count(1)
    await say(page, "on its way")
    await expect(page.locator(".message[data-status=sending]")).to_have_count(1)


async def test_a_busy_room_has_no_barriers(daphne, page):
    """axe-core checks both ends of the log, the form for a name, and the list on a phone."""
    room = PlayedRoom(30, members=[YOU, *map(person, range(30))], count=150)
    await room.enter(page, daphne.http_url())
    await fill(page, room)
    await page.click("#change-name")
    await scroll_to(page, 300)
    room.tell(room.message("news"))
    await expect(page.locator("#jump")).to_have_text("New messages: 1")
    await assert_accessible(page)
    await page.set_viewport_size(PHONE)
    await page.click("#jump")
    await assert_accessible(page)
    await page.click("#show-members")
    await assert_accessible(page)


async def test_a_room_that_somebody_is_not_in_has_no_barriers(daphne, page):
    """axe-core checks it while it waits, after the end, and with the password form."""
    room = PlayedRoom(3)
    await page.add_init_script(LONGEST_WAITS)
    await room.enter(page, daphne.http_url())
    for code in (4104, 4008, 4009):
        await room.deny(page, code)
        await expect(page.locator("#advice")).not_to_be_empty()
        await assert_accessible(page)
        if code < 4009:
            await page.click("#reopen:visible, #come-back:visible")
            await expect(page.locator("#state")).to_have_attribute("data-state", "open")


async def test_the_password_page_of_a_room_has_no_barriers(daphne, page):
    """axe-core also checks a wrong password, and an empty room."""
    await page.goto(daphne.http_url("/rooms/VIP/"))
    await assert_accessible(page)
    await page.fill("#password", "wrong")
    await page.press("#password", "Enter")
    await expect(page.locator("#password-errors")).not_to_be_empty()
    await assert_accessible(page)
    await PlayedRoom().enter(page, daphne.http_url())
    await assert_accessible(page)


async def test_nothing_moves_for_those_who_do_not_want_it(daphne, page):
    """The mark of a message that is on its way stands still then."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    await say(page, "hello")
    await expect(page.locator(".message[data-status=sending]")).to_have_count(1)
    assert await page.evaluate(RUNNING) > 0
    await page.emulate_media(reduced_motion="reduce")
    assert await page.evaluate(RUNNING) == 0


async def test_a_keyboard_reaches_everything_in_the_order_in_which_it_stands(daphne, page):
    """Tab leads through the log, its messages, the input and the members, and on."""
    room = PlayedRoom(500, members=[YOU, *map(person, range(30))], count=31)
    await room.enter(page, daphne.http_url())
    await fill(page, room)
    await page.locator("#content").focus()
    stops = []
    for _ in range(12):
        await page.keyboard.press("Tab")
        await next_frame_of_the_screen(page)
        stops.append(await page.evaluate(FOCUSED))
    in_log = ["log", "older", "A", "small again", "quiet small take-back", "quiet small drop"]
    assert stops == [*in_log, "say", "send", "change-name", "notify", "member-list", "BODY"]


async def test_the_log_is_read_with_the_keys_for_it(daphne, page):
    """Page up leads to older messages and brings more of them; End leads back to the newest."""
    room = PlayedRoom(120)
    await room.enter(page, daphne.http_url())
    await page.locator("#log").focus()
    while await messages(page).count() < 120:
        await page.keyboard.press("PageUp")
        await next_frame_of_the_screen(page)
    while await page.locator("#jump").is_visible():  # a browser may still be on its way up
        await page.keyboard.press("End")
        await next_frame_of_the_screen(page)
    await expect(messages(page).last).to_be_in_viewport()


async def test_the_focus_is_never_lost(daphne, page):
    """When the focused element goes, the log, the input or the button that comes instead has it."""
    room = PlayedRoom(60)
    await room.enter(page, daphne.http_url())
    await fill(page, room)
    await page.locator(".again:visible").focus()
    room.tell(*(room.message() for _ in range(400)))  # which push it out of the page
    await expect(page.locator(".again:visible")).to_have_count(0)
    await expect(page.locator("#log")).to_be_focused()
    await page.locator("#send").focus()
    await room.links[-1].close(code=4008)
    await expect(page.locator("#say")).to_be_focused()
    await page.locator("#come-back").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#say")).to_be_focused()
    await page.locator("#change-name").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#guest-name")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#change-name")).to_be_focused()


async def test_a_screen_reader_is_told_what_others_say_from_now_on(daphne, page):
    """It announces each new message of others once, and neither old nor own ones."""
    await page.clock.install()
    room = PlayedRoom(60)
    await room.enter(page, daphne.http_url())
    await expect(messages(page)).to_have_count(50)
    await page.clock.pause_at(4_000_000_000_000)
    told = page.locator("#announcements")
    room.tell(room.message("mine", YOU), room.message("<i>hello</i>"))
    await expect(messages(page).last).to_have_text("<i>hello</i>")
    await page.clock.run_for(1_000)
    await expect(told).to_have_text("Bob: <i>hello</i>")
    await expect(told).to_have_attribute("role", "status")
    await expect(page.locator("#log")).to_have_attribute("aria-live", "off")
    await room.links[-1].close(code=4200)
    await page.clock.run_for(1_000)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    room.tell(*(room.message(f"text {number}") for number in range(9)))
    await expect(messages(page).last).to_have_text("text 8")
    await page.clock.run_for(1_000)
    await expect(told).to_have_text("New messages: 9, from Bob.")  # missed messages are news too
