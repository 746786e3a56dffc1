"""A room for everybody: axe-core finds nothing in any state of it, nothing moves unasked, and a keyboard is enough."""

import pytest
from playwright.async_api import Page, expect

from rooms.tests.played_room import BOB, YOU, PlayedRoom, person
from rooms.tests.test_browser import say
from rtproject.tests.support.accessibility import assert_accessible, violations
from rtproject.tests.support.browser import LONGEST_WAITS

PHONE = {"width": 390, "height": 700}
RUNNING = "document.getAnimations().filter(({ playState }) => playState === 'running').length"


async def fill(page: Page, room: PlayedRoom) -> None:
    """Everything that a log can show: two days, names of each colour, links, what is sent, on its way and refused."""
    people = [{**BOB, "id": f"p{number}", "name": f"Person {number}"} for number in range(12)]
    room.tell(*(room.message(f"text of {somebody['name']}", somebody) for somebody in people))
    room.tell(
        room.message("see https://example.org/ now", {**BOB, "guest": False}, at="2026-02-01T12:00:00.000Z")
    )
    room.tell({"type": "notice", "text": "Tea is at five."}, room.message("mine", YOU))
    for text in ("refused", "on its way"):
        await say(page, text)
        await expect(page.locator(".message[data-status=sending]")).to_have_count(1)
        if text == "refused":
            room.tell({"type": "error", "code": "id_used", "detail": "", "id": room.said[-1]["id"]})
            await expect(page.locator(".message[data-status=failed]")).to_have_count(1)


async def test_a_busy_room_has_no_barriers(daphne, page):
    """With everything in it that there can be, at its end and further up, with a name being changed."""
    room = PlayedRoom(60, members=[YOU, *map(person, range(99))], count=150)
    await room.enter(page, daphne.http_url())
    await fill(page, room)
    await assert_accessible(page)
    await page.click("#change-name")
    await page.evaluate("document.getElementById('log').scrollTop = 300")
    await expect(page.locator("#jump")).to_be_visible()
    room.tell(room.message("news"))
    await expect(page.locator("#jump")).to_have_text("New messages: 1")
    await assert_accessible(page)


async def test_a_room_on_a_phone_has_no_barriers(daphne, pages):
    """Neither with the list of members nor without it."""
    phone = await pages.new(viewport=PHONE)
    room = PlayedRoom(3, members=[YOU, *map(person, range(30))], count=31)
    await room.enter(phone, daphne.http_url())
    await fill(phone, room)
    await assert_accessible(phone)
    await phone.click("#show-members")
    await assert_accessible(phone)


@pytest.mark.parametrize("code", [4003, 4008, 4009, 4101, 4104])
async def test_a_room_that_somebody_is_not_in_has_no_barriers(daphne, page, code):
    """Whatever is said and asked when a connection ends."""
    room = PlayedRoom(3)
    await page.add_init_script(LONGEST_WAITS)
    await room.enter(page, daphne.http_url())
    await room.deny(page, code)
    await expect(page.locator("#advice")).not_to_be_empty()
    await assert_accessible(page)


async def test_the_door_of_a_guarded_room_has_no_barriers(daphne, page):
    """Nor has an empty room behind it, nor what a wrong password is answered with."""
    await page.goto(daphne.http_url("/rooms/VIP/"))
    await assert_accessible(page)
    await page.fill("#password", "wrong")
    await page.press("#password", "Enter")
    await expect(page.locator("#password-errors")).not_to_be_empty()
    await assert_accessible(page)
    await PlayedRoom().enter(page, daphne.http_url())
    await assert_accessible(page)


async def test_axe_finds_barriers_where_there_are_some(daphne, page):
    """So that finding none means something."""
    await PlayedRoom(3).enter(page, daphne.http_url())
    await page.evaluate("""() => {
        document.getElementById("room-title").style.color = "#bbb";
        document.querySelector("label[for=say]").remove();
        document.getElementById("say").removeAttribute("placeholder");
        document.getElementById("say").removeAttribute("aria-describedby");
    }""")
    assert {problem["id"] for problem in await violations(page)} >= {"color-contrast", "label"}


async def test_nothing_moves_for_those_who_do_not_want_it(daphne, page):
    """What breathes while a message is on its way stands still then."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    await say(page, "hello")
    await expect(page.locator(".message[data-status=sending]")).to_have_count(1)
    assert await page.evaluate(RUNNING) > 0
    await page.emulate_media(reduced_motion="reduce")
    assert await page.evaluate(RUNNING) == 0


async def test_a_keyboard_reaches_everything_in_the_order_in_which_it_stands(daphne, page):
    """From the log and the messages in it to the input and the list of members; nothing else, and no dead end."""
    room = PlayedRoom(500, members=[YOU, *map(person, range(30))], count=31)
    await room.enter(page, daphne.http_url())
    await fill(page, room)
    await page.locator("#content").focus()
    stops = []
    for _ in range(10):
        await page.keyboard.press("Tab")
        await page.evaluate("() => new Promise(requestAnimationFrame)")  # the page has heard of the scrolling
        stops.append(await page.evaluate("(e => e.id || e.className || e.tagName)(document.activeElement)"))
    assert stops == [
        "log",
        "older",
        "A",
        "small again",
        "quiet small take-back",
        "say",
        "send",
        "change-name",
        "member-list",
        "BODY",
    ]


async def test_the_log_is_read_with_the_keys_for_it(daphne, page):
    """Page up leads to older messages and brings more of them; End leads back to the newest."""
    room = PlayedRoom(120)
    await room.enter(page, daphne.http_url())
    await page.locator("#log").focus()
    while await page.locator(".message").count() < 120:
        await page.keyboard.press("PageUp")
        await page.evaluate("() => new Promise(requestAnimationFrame)")
    while await page.locator("#jump").is_visible():  # a browser may still be on its way up
        await page.keyboard.press("End")
        await page.evaluate("() => new Promise(requestAnimationFrame)")
    await expect(page.locator(".message .text").last).to_be_in_viewport()


async def test_the_focus_is_never_lost(daphne, page):
    """Whatever has it may go: the log, the input or the button that comes instead has it then."""
    room = PlayedRoom(60)
    await room.enter(page, daphne.http_url())
    await say(page, "refused")
    await expect(page.locator(".message[data-status=sending]")).to_have_count(1)
    room.tell({"type": "error", "code": "id_used", "detail": "", "id": room.said[-1]["id"]})
    again = page.locator(".message[data-status=failed] .again")
    await again.focus()
    room.tell(*(room.message() for _ in range(400)))  # which push it out of the page
    await expect(again).to_have_count(0)
    await expect(page.locator("#log")).to_be_focused()
    await page.locator("#send").focus()
    await room.links[-1].close(code=4008)
    await expect(page.locator("#send")).to_be_disabled()
    await expect(page.locator("#say")).to_be_focused()
    await page.locator("#come-back").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#say")).to_be_focused()
    await page.locator("#change-name").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#guest-name")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#change-name")).to_be_focused()
