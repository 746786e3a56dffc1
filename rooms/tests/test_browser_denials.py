"""A room that a visitor may not enter, or no longer: its text, and the ways back."""

from playwright.async_api import expect

from rooms.tests.browser import messages, say
from rooms.tests.played_room import PlayedRoom
from rtproject.tests.support.browser import LONGEST_WAITS, SMALL_JITTER

NO_WEBSOCKETS = """WebSocket = class {
    constructor() { setTimeout(() => this.onclose({ code: 1006 })); }
    close() {}
}"""


async def test_a_visitor_who_may_come_later_sees_why_when_and_how_to_come_sooner(daphne, page):
    """The page counts down, the button tries at once, and waiting messages are sent."""
    room = PlayedRoom()
    await page.add_init_script(LONGEST_WAITS)
    await room.enter(page, daphne.http_url())
    await room.deny(page, 4100)
    await expect(page.locator("#state")).to_have_text("This room is full.")
    await expect(page.locator("#advice")).to_contain_text("as soon as somebody leaves")
    await expect(page.locator("#next-try")).to_contain_text("Trying again in ")
    await expect(page.locator("#members[data-stale] h2")).to_have_text("Last seen here: 1")
    await say(page, "meanwhile")
    await expect(page.locator(".message .status")).to_have_text("waiting to be sent")
    await page.click("#reopen")
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await expect(page.locator("#say")).to_be_focused()
    await expect(page.locator(".message .status")).to_have_text("sending…")
    await expect(page.locator("#advice")).to_be_empty()
    await expect(page.locator("#next-try")).to_be_empty()
    await expect(page.locator("#members:not([data-stale]) h2")).to_have_text("Here: 1")
    assert [frame["text"] for frame in room.said] == ["meanwhile"]


async def test_a_member_who_is_sent_out_can_come_back(daphne, page):
    """The page does not come back by itself, and says which message was perhaps not sent."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    await say(page, "last words")
    await room.links[-1].close(code=4008)
    await expect(page.locator("#state")).to_have_text("An admin disconnected you from this room.")
    await expect(page.locator("#state")).to_have_attribute("data-state", "closed")
    await expect(page.locator("#advice")).to_have_text("This is not a ban: you may come back.")
    await expect(page.locator("#reopen")).to_be_hidden()
    await expect(page.locator("#other-rooms")).to_be_visible()
    await expect(page.locator(".message[data-status=unsent] .status")).to_have_text("perhaps not sent")
    await expect(page.locator("#announcements")).to_have_text("One of your messages was perhaps not sent.")
    await page.click(".again")  # which is too early: it comes back into the input
    await expect(page.locator("#say-error")).to_contain_text("Come back first.")
    await expect(page.locator("#say")).to_have_value("last words")
    await page.click("#come-back")
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await expect(page.locator("#come-back")).to_be_hidden()
    await expect(page.locator("#say-error")).to_be_empty()
    await expect(page.locator("#say")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(messages(page, "sending")).to_have_text("last words")
    assert [frame["text"] for frame in room.said] == ["last words"] * 2


async def test_a_room_that_was_deleted_leads_to_others(daphne, page):
    """There is nothing to come back to."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    await room.links[-1].close(code=4004)
    await expect(page.locator("#state")).to_have_text("This room no longer exists.")
    await expect(page.locator("#come-back")).to_be_hidden()
    await page.click("#other-rooms")
    await page.wait_for_url("**/rooms/")


async def test_a_blocked_websocket_is_told_from_a_lost_connection(daphne, page):
    """The page can be had, but none of two attempts in a row opens."""
    await page.add_init_script(SMALL_JITTER)
    await page.add_init_script(NO_WEBSOCKETS)
    await page.goto(daphne.http_url("/rooms/lobby/"))
    await expect(page.locator("#state")).to_contain_text("blocks WebSockets")


async def test_a_gate_without_cookies_says_so(daphne, page):
    """No password lets anybody in then."""
    await page.add_init_script("Object.defineProperty(navigator, 'cookieEnabled', { value: false })")
    await page.goto(daphne.http_url("/rooms/VIP/"))
    await expect(page.locator("#password-errors")).to_contain_text("cookies")
