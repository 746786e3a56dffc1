"""Who is in a room, on its page."""

import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from rooms.tests.played_room import YOU, PlayedRoom, person
from rooms.tests.test_browser import enter, say
from rtproject.tests.support.modules import Run, script_runner

PHONE = {"width": 390, "height": 700}
SETTING = """
const { Members } = await import("/static/rooms/members.js");
const members = new Members();
const person = (id, name = id) => ({ id, name, guest: true });
const welcome = (...ids) =>
    members.take({ type: "welcome", you: person("me"), members: ids.map((id) => person(id)), count: ids.length });
const names = () => members.named.map(({ name }) => name);
"""


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with `Members`."""
    return await script_runner(page, daphne.http_url("/"), SETTING)


def named(page: Page) -> Locator:
    """The names in the list, in order."""
    return page.locator("#member-list bdi")


async def test_you_come_first_and_the_others_by_name(run):
    """As people order names: capitals make no difference, and 10 comes after 9. Each member is there once."""
    assert await run("""
        welcome("zoe", "me", "n10", "n9", "Ärmel", "bob", "Anna");
        members.take({ type: "joined", member: person("bob", "Bob"), count: 7 });
        return [names(), members.unnamed];
    """) == [["me", "Anna", "Ärmel", "Bob", "n9", "n10", "zoe"], 0]


async def test_who_comes_and_goes_is_followed(run):
    """Also somebody whom the welcome did not name, and ourselves under another name on another page."""
    assert await run("""
        welcome("me", "bob");
        members.take({ type: "joined", member: person("ada"), count: 3 });
        members.take({ type: "left", member: person("bob"), count: 2 });
        members.take({ type: "left", member: person("nobody"), count: 2 });
        members.take({ type: "joined", member: person("me", "I"), count: 2 });
        return [names(), members.count, members.take({ type: "notice" })];
    """) == [["I", "ada"], 2, False]


async def test_a_name_that_is_seen_in_a_message_is_the_name_of_now(run):
    """No frame tells that a member has chosen another one; strangers and those who are gone do not come in by it."""
    assert await run("""
        welcome("me", "bob");
        const met = [person("bob", "Robert"), person("bob", "Robert"), person("zoe")];
        const told = met.map((somebody) => members.meet(somebody));
        return [told, names()];
    """) == [[True, False, False], ["me", "Robert"]]


async def test_a_welcome_begins_anew(run):
    """Whoever left while the connection was away is not there any more."""
    assert await run("""
        welcome("me", "bob", "ada");
        welcome("me", "zoe");
        return [names(), members.count];
    """) == [["me", "zoe"], 2]


async def test_in_a_full_room_there_is_only_the_number(run):
    """What is known by name may be wrong as soon as nobody tells who goes; below the limit it is told again."""
    assert await run("""
        welcome("me", "bob");
        const told = [];
        for (const frame of [
            { type: "joined", member: person("ada"), count: 200 },
            { type: "count", count: 201 },
            { type: "count", count: 5000 },
            { type: "left", member: person("bob"), count: 200 },
            { type: "joined", member: person("zoe"), count: 200 },
        ]) {
            members.take(frame);
            told.push([names(), members.count, members.unnamed]);
        }
        return told;
    """) == [
        [["me", "ada", "bob"], 200, 197],
        [[], 201, 0],
        [[], 5000, 0],
        [["me"], 200, 199],
        [["me", "zoe"], 200, 198],
    ]


async def test_members_are_shown_as_they_come_and_go(start_server, pages):
    """Beside the log, in everybody's page; somebody with two pages is one member, and a name is never markup."""
    server = start_server()
    ann, bob = await pages.new(), await pages.new()
    await enter(ann, server.http_url("/rooms/lobby/"), "Ann")
    await expect(named(ann)).to_have_text(["Ann"])
    await enter(bob, server.http_url("/rooms/lobby/"), "<b>Bob</b>")
    await say(bob, "this is my name")  # which he has only chosen when he was in already
    await expect(named(ann)).to_have_text(["Ann", "<b>Bob</b>"])
    await expect(named(bob)).to_have_text(["<b>Bob</b>", "Ann"])
    await expect(ann.locator("#members-heading")).to_have_text("Here: 2")
    await expect(ann.locator("#member-list li").first).to_contain_text("(you)")
    second = await bob.context.new_page()
    await enter(second, server.http_url("/rooms/lobby/"))
    await expect(named(second)).to_have_count(2)
    await expect(named(ann)).to_have_text(["Ann", "<b>Bob</b>"])
    await bob.close()
    await second.close()
    await expect(named(ann)).to_have_text(["Ann"])
    await expect(ann.locator("#members-heading")).to_have_text("Here: 1")


async def test_after_an_outage_the_list_is_that_of_the_room(daphne, page):
    """Who went meanwhile is gone, and who came is there."""
    room = PlayedRoom(members=[YOU, person(1), person(2)], count=3)
    await room.enter(page, daphne.http_url())
    await expect(named(page)).to_have_text(["Ann", "Member 1", "Member 2"])
    room.welcome.update(members=[YOU, person(2), person(3)], count=3)
    await room.links[-1].close(code=4200)
    await expect(named(page)).to_have_text(["Ann", "Member 2", "Member 3"])


async def test_a_room_of_many_shows_only_how_many(daphne, page):
    """Above 200 no names; between 100, which a welcome names, and that, the rest is a number."""
    room = PlayedRoom(members=[YOU, *map(person, range(1, 100))], count=150)
    await room.enter(page, daphne.http_url())
    await expect(named(page)).to_have_count(100)
    await expect(page.locator("#members-more")).to_have_text("and others: 50")
    room.tell({"type": "count", "count": 4321})
    await expect(page.locator("#members-heading")).to_have_text("Here: 4321")
    await expect(page.locator("#member-list")).to_be_hidden()
    await expect(page.locator("#members-more")).to_be_empty()


async def test_on_a_phone_the_list_is_behind_its_number(daphne, pages):
    """The button says how many, opens the list, and Escape or the other button leads back to it."""
    phone = await pages.new(viewport=PHONE)
    room = PlayedRoom(members=[YOU, person(1)], count=2)
    await room.enter(phone, daphne.http_url())
    button, panel = phone.locator("#show-members"), phone.locator("#members")
    await expect(button).to_have_text("Here: 2")
    await expect(panel).to_be_hidden()
    for close in (lambda: phone.keyboard.press("Escape"), lambda: phone.click("#hide-members")):
        await button.click()
        await expect(panel).to_be_visible()
        await expect(panel).to_be_focused()
        await expect(button).to_have_attribute("aria-expanded", "true")
        await expect(named(phone)).to_have_text(["Ann", "Member 1"])
        await close()
        await expect(panel).to_be_hidden()
        await expect(button).to_be_focused()
        await expect(button).to_have_attribute("aria-expanded", "false")


async def test_beside_the_log_the_list_needs_no_button(daphne, page):
    """On a wide screen it is always there, and Escape does not take the focus away."""
    await PlayedRoom(members=[YOU, person(1)], count=2).enter(page, daphne.http_url())
    await expect(page.locator("#members")).to_be_visible()
    await expect(page.locator("#show-members")).to_be_hidden()
    await page.locator("#member-list").focus()
    await page.keyboard.press("Escape")
    await expect(page.locator("#member-list")).to_be_focused()
