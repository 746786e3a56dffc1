"""The members of a room on its page."""

from playwright.async_api import Locator, Page, expect

from rooms.tests.played_room import YOU, PlayedRoom, person

PHONE = {"width": 390, "height": 700}


def named(page: Page) -> Locator:
    """The names in the list, in order."""
    return page.locator("#member-list bdi")


async def test_members_are_shown_as_they_come_and_go(daphne, page):
    """Your own name is first, names are text, and after a failure the list is current."""
    room = PlayedRoom(members=[YOU, person(1), person(2)], count=3)
    await room.enter(page, daphne.http_url())
    await expect(named(page)).to_have_text(["Ann", "Member 1", "Member 2"])
    await expect(page.locator("#members-heading")).to_have_text("Here: 3")
    await expect(page.locator("#member-list li").first).to_contain_text("(you)")
    room.tell({"type": "left", "member": person(1), "count": 2})
    room.tell({"type": "joined", "member": person(3, name="<b>Bob</b>"), "count": 3})
    await expect(named(page)).to_have_text(["Ann", "<b>Bob</b>", "Member 2"])
    room.tell(room.message("hi", person(2, name="Renamed")))
    await expect(named(page)).to_have_text(["Ann", "<b>Bob</b>", "Renamed"])
    room.welcome.update(members=[YOU, person(4)], count=2)
    await room.links[-1].close(code=4200)
    await expect(named(page)).to_have_text(["Ann", "Member 4"])
    await expect(page.locator("#show-members")).to_be_hidden()
    await page.locator("#member-list").focus()
    await page.keyboard.press("Escape")  # which closes the list on a phone
    await expect(page.locator("#member-list")).to_be_focused()


async def test_a_room_of_many_shows_only_how_many(daphne, page):
    """Above 200 there are no names; above the 100 of a welcome the rest is a number."""
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
        await expect(panel).to_be_focused()
        await expect(button).to_have_attribute("aria-expanded", "true")
        await expect(named(phone)).to_have_text(["Ann", "Member 1"])
        await close()
        await expect(panel).to_be_hidden()
        await expect(button).to_be_focused()
        await expect(button).to_have_attribute("aria-expanded", "false")
