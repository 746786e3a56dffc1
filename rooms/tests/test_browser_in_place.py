"""Guarded rooms in a browser: a password that is asked for in the middle of a conversation, on the same page."""

import asyncio

from playwright.async_api import expect

from rooms.tests.played_room import PlayedRoom
from rooms.tests.test_browser import say
from rooms.tests.test_browser_doors import PASSWORD, give_password

CHANGE_PASSWORD = """
from rooms.models import Room
room = Room.objects.get(name={name!r})
room.set_password("changed456")
room.save()
"""
CLEAR_SESSIONS = """
from django.contrib.sessions.models import Session
Session.objects.all().delete()
"""


async def test_who_is_inside_when_the_password_changes_can_give_the_new_one(start_server, page):
    """The page says what happened, keeps all that is on it, asks in place, and sends what was written meanwhile."""
    server = start_server(ROOMS_PASSWORD_ATTEMPTS="0")
    await page.goto(server.http_url("/rooms/VIP/"))
    await give_password(page, PASSWORD)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await say(page, "before")
    await expect(page.locator(".message[data-status=sent]")).to_have_count(1)
    await page.evaluate("globalThis.isTheSamePage = true")
    await asyncio.to_thread(server.execute, CHANGE_PASSWORD.format(name="VIP"))
    # From another process without a channel layer in between: the room is looked at every few seconds.
    await expect(page.locator("#state")).to_have_attribute("data-state", "closed", timeout=20_000)
    await expect(page.locator("#state")).to_have_text("This room has a new password.")
    await expect(page.locator("#advice")).to_contain_text("Enter it below")
    await expect(page.locator("#send")).to_be_disabled()
    await say(page, "a draft")
    await expect(page.locator("#say-error")).to_have_text("Not sent: enter the room's new password first.")
    await give_password(page, PASSWORD)
    await expect(page.locator("#password-errors")).to_have_text("That is not the password of this room.")
    await expect(page.locator("#password")).to_have_value("")
    await expect(page.locator("#password")).to_be_focused()
    await give_password(page, "changed456")
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await expect(page.locator("#password")).to_be_hidden()
    await expect(page.locator("#say")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".message[data-status=sent] .text")).to_have_text(["before", "a draft"])
    assert await page.evaluate("globalThis.isTheSamePage")


async def test_who_writes_when_the_password_is_asked_for_goes_on_writing(start_server, page):
    """The question does not take the focus from the input: the rest of a message is no password."""
    server = start_server()
    await page.goto(server.http_url("/rooms/lobby/"))
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await page.locator("#say").press_sequentially("half a ")
    await asyncio.to_thread(server.execute, CHANGE_PASSWORD.format(name="lobby"))
    await expect(page.locator("#password")).to_be_visible(timeout=20_000)
    await page.keyboard.type("sentence")
    await expect(page.locator("#say")).to_have_value("half a sentence")
    await expect(page.locator("#password")).to_have_value("")


async def test_a_visit_that_lapsed_is_renewed_in_place(start_server, page):
    """After twelve hours, or a cleared session, the next connection is refused, and the page asks again."""
    server = start_server(ROOMS_PASSWORD_ATTEMPTS="0")
    await page.goto(server.http_url("/rooms/VIP/"))
    await give_password(page, PASSWORD)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await asyncio.to_thread(server.execute, CLEAR_SESSIONS)
    await page.click("#change-name")
    await page.fill("#guest-name", "Ann")
    await page.press("#guest-name", "Enter")  # connects anew
    await expect(page.locator("#state")).to_have_text("This room requires its password.")
    await give_password(page, PASSWORD)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await expect(page.locator("#your-name")).to_have_text("Ann")


async def test_what_was_on_its_way_waits_at_the_door(daphne, page):
    """It does not look like being sent while nobody takes it, and goes on its way as soon as the password is given."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    await say(page, "hello")
    status = page.locator(".message .status")
    await expect(status).to_have_text("sending…")
    await room.links[-1].close(code=4009)
    await expect(status).to_have_text("waiting to be sent")
    await page.fill("#password", "any")
    await page.press("#password", "Enter")
    await expect(status).to_have_text("sending…")
    assert [frame["text"] for frame in room.said] == ["hello"] * 2
