"""A room that lets somebody in no longer, or not yet: what the page says of it, and what can be done."""

import asyncio

import pytest
from playwright.async_api import expect

from rooms.tests.played_room import PlayedRoom
from rooms.tests.test_browser import enter, say
from rtproject.tests.support.browser import LONGEST_WAITS, SMALL_JITTER

ADMIN = """
from django.contrib.auth.models import User
User.objects.create_superuser("admin", password="swordfish-77")
"""
CHANGE = """
from rooms.models import Room
room = Room.objects.get(name="lobby")
{change}
"""


@pytest.mark.parametrize(
    ("code", "meaning", "advice"),
    [
        (4100, "This room is full.", "as soon as somebody leaves"),
        (
            4101,
            "You or your network sent too many wrong passwords or messages, or have too many open pages.",
            "or wait",
        ),
        (4103, "The server cannot let anybody in right now.", "Wait a moment"),
        (4104, "An admin closed this room to newcomers.", "as soon as it is open again"),
    ],
)
async def test_who_may_come_later_sees_why_when_and_how_to_come_sooner(daphne, page, code, meaning, advice):
    """The page counts down to its next try, and the button does not wait; what is written meanwhile is sent then."""
    room = PlayedRoom()
    await page.add_init_script(LONGEST_WAITS)
    await room.enter(page, daphne.http_url())
    await room.deny(page, code)
    await expect(page.locator("#state")).to_have_text(meaning)
    await expect(page.locator("#state")).to_have_attribute("data-state", "waiting")
    await expect(page.locator("#advice")).to_contain_text(advice)
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


async def test_who_is_kicked_is_told_and_can_come_back(start_server, pages):
    """An admin disconnects a member: the page does not come back by itself, keeps what is on it, and has a button."""
    server = start_server()
    await asyncio.to_thread(server.execute, ADMIN)
    visitor, admin = await pages.new(), await pages.new(base_url=server.http_url())
    await enter(visitor, server.http_url("/rooms/lobby/"), "Bob")
    await say(visitor, "before")
    await expect(visitor.locator(".message[data-status=sent]")).to_have_count(1)
    await admin.goto("/admin/")
    await admin.fill("#id_username", "admin")
    await admin.fill("#id_password", "swordfish-77")
    await admin.press("#id_password", "Enter")
    await admin.goto("/admin/rooms/room/")
    await admin.get_by_role("link", name="lobby", exact=True).click()
    await admin.click("a[href$='/members/']")
    await admin.click("[name=everybody]")
    state = visitor.locator("#state")
    await expect(state).to_have_text("An admin disconnected you from this room.")
    await expect(state).to_have_attribute("data-state", "closed")
    await expect(visitor.locator("#advice")).to_have_text("This is not a ban: you may come back.")
    await expect(visitor.locator("#send")).to_be_disabled()
    await expect(visitor.locator("#reopen")).to_be_hidden()
    await expect(visitor.locator("#other-rooms")).to_be_visible()
    await say(visitor, "after")
    await expect(visitor.locator("#say-error")).to_have_text(
        "Not sent: you are not in the room. Come back first."
    )
    await expect(visitor.locator("#say")).to_have_value("after")
    await visitor.click("#come-back")
    await expect(state).to_have_attribute("data-state", "open")
    await expect(visitor.locator("#come-back")).to_be_hidden()
    await expect(visitor.locator("#say-error")).to_be_empty()
    await expect(visitor.locator("#say")).to_be_focused()
    await visitor.keyboard.press("Enter")
    await expect(visitor.locator(".message[data-status=sent] .text")).to_have_text(["before", "after"])


async def test_what_could_not_be_sent_any_more_can_be_said_again_after_coming_back(daphne, page):
    """It is not sent behind the back of somebody who was sent out: they see it, and decide."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    await say(page, "last words")
    await room.links[-1].close(code=4008)
    await expect(page.locator(".message[data-status=unsent] .status")).to_have_text("perhaps not sent")
    await expect(page.locator("#announcements")).to_have_text("One of your messages was perhaps not sent.")
    await page.click(".again")  # which is too early: it comes back into the input
    await expect(page.locator("#say-error")).to_contain_text("Come back first.")
    await expect(page.locator("#say")).to_have_value("last words")
    await page.click("#come-back")
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await page.press("#say", "Enter")
    await expect(page.locator(".message[data-status=sending] .text")).to_have_text("last words")
    assert [frame["text"] for frame in room.said] == ["last words"] * 2


async def test_a_room_that_is_closed_lets_in_as_soon_as_it_is_open(start_server, page):
    """Nobody needs to do anything but to leave the page open."""
    server = start_server()
    await page.add_init_script(SMALL_JITTER)
    await asyncio.to_thread(server.execute, CHANGE.format(change="room.closed = True; room.save()"))
    await page.goto(server.http_url("/rooms/lobby/"))
    await expect(page.locator("#state")).to_have_text("An admin closed this room to newcomers.")
    await asyncio.to_thread(server.execute, CHANGE.format(change="room.closed = False; room.save()"))
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")


async def test_a_room_that_was_deleted_leads_to_others(start_server, page):
    """There is nothing to come back to."""
    server = start_server()
    await enter(page, server.http_url("/rooms/lobby/"))
    await asyncio.to_thread(server.execute, CHANGE.format(change="room.delete()"))
    await expect(page.locator("#state")).to_have_text("This room no longer exists.")
    await expect(page.locator("#come-back")).to_be_hidden()
    await page.click("#other-rooms")
    await page.wait_for_url("**/rooms/")
