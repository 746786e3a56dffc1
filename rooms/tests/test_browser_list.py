"""The list of rooms in a browser: it keeps itself up to date, and disturbs nobody who reads, points or tabs there."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from rooms.tests.wire import next_frame
from rtproject.tests.support.accessibility import assert_accessible
from rtproject.tests.support.fixtures import NewSite
from rtproject.tests.support.patched import patched
from rtproject.tests.support.servers import Daphne, Server

# Nothing is remembered, and who goes is gone at once.
QUICK = """
import django
django.setup()
from rooms import listing as board
from rooms.presence import tracker as presence
board.FRESH_SECONDS = presence.GRACE_SECONDS = 0.0
"""
QuickDaphne = patched(Daphne, QUICK)

# The page asks again whenever it is shown, so it does not have to be waited for.
ALWAYS_SHOWN = """setInterval(() => document.dispatchEvent(new Event("visibilitychange")), 50)"""
OVERHANG = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
TOP = "element => element.getBoundingClientRect().top"
ORDER = "cards => cards.map((card) => card.dataset.room)"
# Whatever a screen reader would say of the page, and how often the list was changed.
WATCH = """() => {
    window.said = [];
    window.changes = 0;
    const live = "[aria-live], [role=status], [role=alert], [role=log]";
    new MutationObserver((all) => {
        for (const { target } of all) {
            const element = target.closest ? target : target.parentElement;
            if (element.closest(live)) window.said.push(element.textContent);
            if (element.closest("#rooms")) window.changes += 1;
        }
    }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}"""


def making(*names: str) -> str:
    """What makes rooms of these names."""
    return "from rooms.models import Room\n" + "".join(f"Room(name={name!r}).save()\n" for name in names)


@pytest.fixture
def server(new_site: NewSite) -> Iterator[Server]:
    """A server of this test's own: each room that somebody makes is in everybody's list."""
    running = QuickDaphne(new_site(WEBSOCKETS_PER_ADDRESS=0))
    yield running
    running.terminate()


@pytest_asyncio.fixture(loop_scope="session")
async def listed(server, page) -> Page:
    """The list."""
    await page.add_init_script(ALWAYS_SHOWN)
    await page.goto(server.http_url("/rooms/"))
    return page


async def enter(stack, server, room):
    """Somebody enters a room and stays; returns their client."""
    client = await stack.enter_async_context(server.connect(f"/ws/{room}"))
    await next_frame(client)
    return client


async def order(page):
    return await page.locator("#rooms > li").evaluate_all(ORDER)


async def test_it_shows_who_comes_and_goes_and_what_is_said(server, listed):
    """How many are in, and when something was said, not what; who is in comes first; nothing is reloaded."""
    await listed.evaluate("window.stayed = true")
    await asyncio.to_thread(server.execute, making("zoo"))
    zoo = listed.locator("[data-room=zoo]")
    await expect(zoo.locator(".last")).to_have_text("none yet")
    assert await order(listed) == ["lobby", "VIP", "zoo"]
    async with AsyncExitStack() as stack:
        client = await enter(stack, server, "zoo")
        await expect(zoo.locator(".members")).to_have_text("1")
        await expect(listed.locator("#rooms > li").first).to_have_attribute("data-room", "zoo")
        await client.send("roar")
        await expect(zoo.locator(".last time")).to_have_text("now")
    await expect(zoo.locator(".members")).to_have_text("0")
    assert await listed.evaluate("window.stayed")
    assert "roar" not in await listed.content()


async def test_it_shows_what_an_admin_does(server, listed):
    """A room that is made, guarded, closed, called otherwise, deleted; markup in its title stays text."""
    await asyncio.to_thread(server.execute, making("new"))
    new = listed.locator("[data-room=new]")
    await expect(new.locator(".tag")).to_have_text("open")
    await expect(new.locator("a")).to_have_attribute("href", "/rooms/new/")
    change = """
from rooms.models import Room
room = Room.objects.get(name="new")
room.title, room.closed = "<b>New</b>", True
room.set_password("secret123")
room.save()
"""
    await asyncio.to_thread(server.execute, change)
    await expect(new.locator(".title")).to_have_text("<b>New</b>")
    await expect(new.locator(".tag")).to_have_text(["needs a password", "closed to newcomers"])
    await asyncio.to_thread(server.execute, "from rooms.models import Room\nRoom.objects.all().delete()")
    await expect(listed.locator("#no-rooms")).to_be_visible()
    await expect(listed.locator("#rooms > li")).to_have_count(0)


async def test_who_tabs_through_it_is_not_disturbed(server, listed):
    """When the order changes the focus stays, and what has it stays in its place on the screen."""
    await asyncio.to_thread(server.execute, making(*(f"room-{number:02}" for number in range(30))))
    link = listed.locator("[data-room=room-20] a")
    await link.focus()
    await listed.evaluate("scrollBy(0, 100)")
    before = await link.evaluate(TOP)
    async with AsyncExitStack() as stack:
        await enter(stack, server, "room-29")
        await enter(stack, server, "room-28")
        await expect(listed.locator("#rooms > li").nth(1)).to_have_attribute("data-room", "room-29")
        await expect(link).to_be_focused()
        assert abs(await link.evaluate(TOP) - before) < 2  # as below
    await listed.keyboard.press("Enter")
    await expect(listed.locator("#room")).to_have_attribute("data-room", "room-20")


async def test_who_reads_further_down_stays_there(server, listed):
    """Without a focus it is the first card in sight that stays where it is, on a phone: elsewhere its row."""
    await listed.set_viewport_size({"width": 320, "height": 640})
    await asyncio.to_thread(server.execute, making(*(f"room-{number:02}" for number in range(60))))
    await expect(listed.locator("#rooms > li")).to_have_count(62)
    seen = listed.locator("[data-room=room-30]")
    await seen.evaluate("element => element.scrollIntoView()")
    before = await seen.evaluate(TOP)
    async with AsyncExitStack() as stack:
        for room in ("room-59", "room-58", "room-57", "room-56"):
            await enter(stack, server, room)
        await expect(listed.locator("#rooms > li").nth(3)).to_have_attribute("data-room", "room-59")
    assert abs(await seen.evaluate(TOP) - before) < 2  # pixels: a card is no whole number of them high


async def test_a_click_reaches_what_was_pointed_at(server, listed):
    """Nothing moves under a pointer, and what is new comes last; when the pointer has gone the order is right again."""
    await asyncio.to_thread(server.execute, making(*(f"room-{number}" for number in range(5))))
    await expect(listed.locator("#rooms > li")).to_have_count(7)
    link = listed.locator("[data-room=room-2] a")
    await link.hover()
    async with AsyncExitStack() as stack:
        await enter(stack, server, "room-4")
        await expect(listed.locator("[data-room=room-4] .members")).to_have_text("1")
        await asyncio.to_thread(server.execute, making("a-new-one"))
        await expect(listed.locator("#rooms > li").last).to_have_attribute("data-room", "a-new-one")
        still = ["lobby", "room-0", "room-1", "room-2", "room-3", "room-4", "VIP", "a-new-one"]
        assert await order(listed) == still
        await listed.mouse.move(0, 0)
        await expect(listed.locator("#rooms > li").first).to_have_attribute("data-room", "room-4")
        await expect(listed.locator("#rooms > li").nth(1)).to_have_attribute("data-room", "a-new-one")


async def test_the_focus_does_not_vanish_with_a_room(server, listed):
    """The next Tab goes on in the page, not at its beginning."""
    await listed.focus("[data-room=VIP] a")
    await asyncio.to_thread(
        server.execute, "from rooms.models import Room\nRoom.objects.get(name='VIP').delete()"
    )
    await expect(listed.locator("#content")).to_be_focused()


async def test_nobody_is_told_of_every_change(server, listed):
    """A list that changes by itself says nothing to a screen reader; what has not changed is not touched."""
    await expect(listed.locator("#state")).to_have_text("Updated every 5 seconds.")
    await listed.evaluate(WATCH)
    answers = [
        listed.wait_for_event("response", lambda answer: answer.url.endswith(".live")) for _ in range(3)
    ]
    await asyncio.gather(*answers)
    assert await listed.evaluate("window.changes") == 0
    async with AsyncExitStack() as stack:
        await enter(stack, server, "lobby")
        await expect(listed.locator("[data-room=lobby] .members")).to_have_text("1")
    assert await listed.evaluate("window.changes") > 0
    assert await listed.evaluate("window.said") == []


async def test_it_says_when_it_cannot_be_brought_up_to_date(start_server, server, listed, pages):
    """What is shown stays; when the server is back it goes on by itself."""
    await server.stop()
    await expect(listed.locator("#state")).to_have_text("The list could not be updated.")
    await expect(listed.locator("#reopen")).to_be_visible()
    await expect(listed.locator("#rooms[data-stale] > li")).to_have_count(2)
    start_server(Daphne, "-e", f"tcp:port={server.port}:interface=127.0.0.1", site=server.site)
    await expect(listed.locator("#state")).to_have_text("Updated every 5 seconds.")
    await expect(listed.locator("#rooms:not([data-stale]) > li")).to_have_count(2)
    told = await pages.settled_problems()
    pages.problems = [problem for problem in told if "Failed to load resource" not in problem]


async def test_a_room_is_gone_to_by_keyboard_alone(listed):
    """From the top of the page: past the navigation, over each room, to the name of any other."""
    await listed.keyboard.press("Tab")
    await expect(listed.locator(".skip")).to_be_focused()
    await listed.keyboard.press("Enter")
    for selector in ("[data-room=lobby] a", "[data-room=VIP] a", "#open-name"):
        await listed.keyboard.press("Tab")
        await expect(listed.locator(selector)).to_be_focused()
    await listed.keyboard.type("tea_time-2")
    await listed.keyboard.press("Enter")
    await expect(listed.locator("#room")).to_have_attribute("data-room", "tea_time-2")


async def test_everybody_can_use_it(server, listed):
    """axe-core finds nothing, in light and in dark, also where a name was refused; nothing is wider than a phone."""
    long_title = f"Room(name={'W' * 64!r}, title={'M' * 200!r}, closed=True).save()"
    await asyncio.to_thread(server.execute, f"from rooms.models import Room\n{long_title}")
    await expect(listed.locator("#rooms > li")).to_have_count(3)
    await assert_accessible(listed)
    await listed.set_viewport_size({"width": 320, "height": 640})
    await listed.goto(server.http_url("/rooms/", name="no room"))
    await expect(listed.locator("#open-error")).to_have_text("No room can have this name.")
    await expect(listed.locator("#open-name")).to_be_focused()
    assert await listed.evaluate(OVERHANG) == 0
    await assert_accessible(listed)
