"""The list of rooms in a browser: it updates itself, and disturbs no reader."""

import asyncio
from typing import Any

import pytest_asyncio
from playwright.async_api import Locator, Page, Route, expect

from rooms.tests.wire import next_frame
from rtproject.tests.support.accessibility import assert_accessible

# The page asks again whenever it is shown, so it does not have to be waited for.
ALWAYS_SHOWN = """setInterval(() => document.dispatchEvent(new Event("visibilitychange")), 50)"""
OVERHANG = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
TOP = "element => element.getBoundingClientRect().top"
# Keeps everything that a screen reader would say, and how often the list was changed.
WATCH = """() => {
    [window.said, window.changes] = [[], 0];
    new MutationObserver((all) => {
        for (const { target } of all) {
            const element = target.closest ? target : target.parentElement;
            if (element.closest("[aria-live], [role=status], [role=alert], [role=log]")) said.push(element.textContent);
            if (element.closest("#rooms")) changes += 1;
        }
    }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}"""
CHANGE = """
from rooms.models import Room
room = Room(name="new", title="<b>New</b>", closed=True)
room.set_password("secret123")
room.save()
"""

MAKE_STAFF = """
from django.contrib.auth.models import User
User.objects.create_superuser("ada", password="ada")
"""


def room(name: str, members: int = 0, **fields: Any) -> dict[str, Any]:
    """An entry of the page's answers."""
    usual = {"title": "", "guarded": False, "closed": False, "keeps": True, "last_at": None, "seq": 0}
    usual |= {"last_by": "", "last_text": ""}
    return {"name": name, "members": members, **usual, **fields}


class PlayedList:
    """The list's page, which is told of `rooms`; of nothing, if there are none."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.rooms: list[dict[str, Any]] | None = [room("lobby"), room("VIP", guarded=True)]
        self.answered = 0

    async def open(self, address: str) -> None:
        """Open the page, and wait until it updates itself."""
        await self.page.add_init_script(ALWAYS_SHOWN)
        await self.page.route("**/rooms/.live", self._answer)
        await self.page.goto(address)
        await expect(self.page.locator("#state")).to_have_text("Updated every 5 seconds.")

    async def shows(self, *rooms: dict[str, Any]) -> None:
        """Wait until the page shows these, in this order."""
        self.rooms = list(rooms)
        await expect(self.cards.locator(".name")).to_have_text([each["name"] for each in rooms])

    @property
    def cards(self) -> Locator:
        return self.page.locator("#rooms > li")

    async def _answer(self, route: Route) -> None:
        self.answered += 1
        if self.rooms is None:
            await route.fulfill(status=204)
        else:
            await route.fulfill(json={"rooms": self.rooms, "more": 0})


@pytest_asyncio.fixture(loop_scope="session")
async def played(daphne, page) -> PlayedList:
    """The list, open."""
    made = PlayedList(page)
    await made.open(daphne.http_url("/rooms/"))
    return made


async def test_it_shows_who_comes_what_is_said_and_what_an_admin_does(daphne, page):
    """It shows counts of members, times, and texts where nothing guards them; nothing is reloaded."""
    await page.add_init_script(ALWAYS_SHOWN)
    await page.goto(daphne.http_url("/rooms/"))
    await page.evaluate("window.stayed = true")
    lobby, new = page.locator("[data-room=lobby]"), page.locator("[data-room=new]")
    await expect(lobby.locator(".guarded")).to_be_hidden()
    await expect(lobby.locator(".last")).to_have_text("no messages yet")
    async with daphne.connect("/ws/lobby", {"name": "Bob"}) as client:
        await next_frame(client)
        await client.send("roar")
        await expect(lobby.locator(".said")).to_have_text("Bob roar")
        await expect(lobby.locator(".members")).to_have_text("1")
        await expect(lobby.locator(".last time")).to_have_text("now")
    await asyncio.to_thread(daphne.execute, CHANGE)
    await expect(new.locator(".title")).to_have_text("<b>New</b>")
    await expect(new.locator(".guarded")).to_be_visible()
    await expect(new.locator(".closed")).to_be_visible()
    await expect(new.locator("a")).to_have_attribute("href", "/rooms/new/")
    assert await page.evaluate("window.stayed")


async def test_what_came_since_the_last_visit_is_counted(daphne, page):
    """A room that the reader was never in counts nothing; coming back to the list counts anew."""
    await page.goto(daphne.http_url("/rooms/VIP/"))
    await page.fill("#password", "secret123")
    await page.press("#password", "Enter")
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await page.goto(daphne.http_url("/rooms/"))
    unread = page.locator("[data-room=VIP] .unread")
    async with daphne.connect("/ws/VIP", {"pass": "secret123"}) as vip, daphne.connect("/ws/lobby") as lobby:
        for client in (vip, lobby):
            await client.send("one")
            await client.send("two")
        await expect(unread).to_have_text("New: 2")
        await expect(page.locator("[data-room=lobby] .last time")).to_be_visible()
        await expect(page.locator("[data-room=lobby] .unread")).to_be_empty()
        place = await page.locator("[data-room=VIP] .facts").bounding_box()
        await page.mouse.click(place["x"] + 1, place["y"] + 1)  # the whole card is its link
        await expect(page.locator(".message .text")).to_have_text(["one", "two"])
        await page.go_back()
        await expect(unread).to_be_empty()
        assert "one" not in await page.locator("[data-room=VIP]").inner_text()


async def test_staff_make_a_room_from_the_list(daphne, page):
    """Nobody else is led there."""
    await page.goto(daphne.http_url("/rooms/"))
    await expect(page.locator("#new-room")).to_have_count(0)
    await asyncio.to_thread(daphne.execute, MAKE_STAFF)
    await page.goto(daphne.http_url("/login/", next="/rooms/"))
    await page.fill("#id_username", "ada")
    await page.fill("#id_password", "ada")
    await page.press("#id_password", "Enter")
    await page.click("#new-room")
    await page.fill("#id_name", "made-by-ada")
    await page.press("#id_name", "Enter")
    await page.goto(daphne.http_url("/rooms/"))
    await expect(page.locator("[data-room=made-by-ada]")).to_be_visible()


async def test_somebody_who_tabs_through_it_is_not_disturbed(played, page):
    """When the order changes, the focused link stays in its place on the screen."""
    many = [room(f"room-{number:02}") for number in range(30)]
    await played.shows(*many)
    link = page.locator("[data-room=room-20] a")
    await link.focus()
    await page.evaluate("scrollBy(0, 100)")
    before = await link.evaluate(TOP)
    await played.shows(*many[28:], *many[:28])
    await expect(link).to_be_focused()
    assert abs(await link.evaluate(TOP) - before) < 2  # pixels: a card is no whole number of them high
    await played.shows(*many[:20], *many[21:])
    await expect(page.locator("#content")).to_be_focused()  # the next Tab goes on in the page


async def test_somebody_who_reads_further_down_stays_there(played, page):
    """Without a focus the first visible card, or its row, stays in its place."""
    await page.set_viewport_size({"width": 320, "height": 640})
    many = [room(f"room-{number:02}") for number in range(60)]
    await played.shows(*many)
    seen = page.locator("[data-room=room-30]")
    await seen.evaluate("element => element.scrollIntoView()")
    before = await seen.evaluate(TOP)
    await played.shows(*many[56:], *many[:56])
    assert abs(await seen.evaluate(TOP) - before) < 2


async def test_a_click_reaches_what_was_pointed_at(played, page):
    """Under a pointer nothing moves and new rooms come last; afterwards the order is right."""
    await played.shows(*(room(name) for name in "abcde"))
    await page.locator("[data-room=c] a").hover()
    played.rooms = [room("e", members=1), room("new"), *(room(name) for name in "abcd")]
    await expect(page.locator("[data-room=e] .members")).to_have_text("1")
    await expect(played.cards.locator(".name")).to_have_text(["a", "b", "c", "d", "e", "new"])
    await page.mouse.move(0, 0)
    await expect(played.cards.locator(".name")).to_have_text(["e", "new", "a", "b", "c", "d"])


async def test_a_screen_reader_is_not_told_of_every_change(played, page):
    """A list that changes by itself says nothing, and unchanged cards are not touched."""
    await played.shows(room("lobby"), room("VIP", guarded=True))
    await page.evaluate(WATCH)
    answered = played.answered
    while played.answered < answered + 3:
        await page.evaluate("0")
    assert await page.evaluate("window.changes") == 0
    played.rooms = [room("lobby", members=1)]
    await expect(page.locator("[data-room=lobby] .members")).to_have_text("1")
    assert await page.evaluate("window.changes") > 0
    assert await page.evaluate("window.said") == []


async def test_it_says_when_it_cannot_be_brought_up_to_date(played, page):
    """The cards stay; when the server is back the list goes on by itself."""
    played.rooms = None
    await expect(page.locator("#state")).to_have_text("The list could not be updated.")
    await expect(page.locator("#reopen")).to_be_visible()
    await expect(page.locator("#rooms[data-stale] > li")).to_have_count(2)
    played.rooms = []
    await expect(page.locator("#state")).to_have_text("Updated every 5 seconds.")
    await expect(page.locator("#no-rooms")).to_be_visible()
    await expect(played.cards).to_have_count(0)


async def test_a_room_is_gone_to_by_keyboard_alone(played, page):
    """Tab leads past the navigation, over each room, to the form for a name."""
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    for selector in ("[data-room=lobby] a", "[data-room=VIP] a", "#open-name"):
        await page.keyboard.press("Tab")
        await expect(page.locator(selector)).to_be_focused()
    await page.keyboard.type("tea_time-2")
    await page.keyboard.press("Enter")
    await expect(page.locator("#room")).to_have_attribute("data-room", "tea_time-2")


async def test_everybody_can_use_it(daphne, played, page):
    """axe-core finds no violation, also after a refused name; everything fits a phone."""
    long = room("W" * 64, title="M" * 200, closed=True, last_at="2026-01-31T12:00:00Z")
    await played.shows(room("VIP", guarded=True, members=3), long)
    await assert_accessible(page)
    await page.set_viewport_size({"width": 320, "height": 640})
    assert await page.evaluate(OVERHANG) == 0
    await page.goto(daphne.http_url("/rooms/", name="no room"))
    await expect(page.locator("#open-error")).to_have_text("No room can have this name.")
    await expect(page.locator("#open-name")).to_be_focused()
    await assert_accessible(page)
