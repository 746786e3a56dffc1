"""Rooms in the admin, in a browser: their passwords are set, changed and removed there, and never shown."""

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from rooms.tests.test_browser_doors import give_password

PREPARE = """
from django.contrib.auth.models import User
from rooms.models import Room
User.objects.create_superuser("admin", password="swordfish-77")
for name in ("changed", "opened"):
    room = Room(name=name)
    room.set_password("first-password")
    room.save()
"""


@pytest.fixture(scope="module")
def site(daphne):
    """A server with an admin and two guarded rooms."""
    daphne.execute(PREPARE)
    return daphne


@pytest_asyncio.fixture(loop_scope="session")
async def admin(site, pages) -> Page:
    """The list of rooms in the admin, of somebody who logged in."""
    page = await pages.new(base_url=site.http_url())
    await page.goto("/admin/rooms/room/")
    await page.fill("#id_username", "admin")
    await page.fill("#id_password", "swordfish-77")
    await page.press("#id_password", "Enter")
    await expect(page.locator("#result_list")).to_be_visible()
    return page


async def open_room(admin: Page, name: str) -> None:
    """Goes from the list of rooms to the form of one, and makes sure that it shows no password or hash."""
    await admin.get_by_role("link", name=name, exact=True).click()
    await expect(admin.locator("#id_new_password")).to_have_value("")
    content = await admin.content()
    assert "pbkdf2" not in content
    assert "first-password" not in content


async def save(admin: Page) -> None:
    """Saves the form and waits for the list."""
    await admin.click("[name=_save]")
    await expect(admin.locator(".success")).to_be_visible()


def guarded(admin: Page, name: str):
    """The mark in the list that says whether the room is guarded."""
    row = admin.locator("#result_list tbody tr").filter(has=admin.get_by_role("link", name=name, exact=True))
    return row.locator(".field-is_guarded img")


async def test_a_room_is_made_with_a_password(admin, pages, site):
    """The list shows that it is guarded, no page shows the hash, and visitors are asked for the password."""
    await admin.click(".addlink >> nth=-1")
    await admin.fill("#id_name", "made")
    await admin.fill("#id_title", "Made by hand")
    await admin.fill("#id_new_password", "first-password")
    await save(admin)
    await expect(guarded(admin, "made")).to_have_attribute("alt", "True")
    assert "pbkdf2" not in await admin.content()
    await open_room(admin, "made")
    visitor = await pages.new()
    await visitor.goto(site.http_url("/rooms/made/"))
    await expect(visitor.locator("h1")).to_have_text("Made by hand")
    await expect(visitor.locator("#password")).to_be_visible()


async def test_a_password_is_changed(admin, pages, site):
    """The new one opens the room, the old one does not, and who was inside by it is told."""
    inside = await pages.new()
    await inside.goto(site.http_url("/rooms/changed/"))
    await give_password(inside, "first-password")
    await expect(inside.locator("#state")).to_have_attribute("data-state", "open")
    await open_room(admin, "changed")
    await admin.fill("#id_new_password", "second-password")
    await save(admin)
    await expect(inside.locator("#password")).to_be_visible()
    await give_password(inside, "second-password")
    await expect(inside.locator("#state")).to_have_attribute("data-state", "open")


async def test_a_password_is_removed(admin, pages, site):
    """The room is open to everybody then."""
    await open_room(admin, "opened")
    await admin.check("#id_remove_password")
    await save(admin)
    await expect(guarded(admin, "opened")).to_have_attribute("alt", "False")
    visitor = await pages.new()
    await visitor.goto(site.http_url("/rooms/opened/"))
    await expect(visitor.locator("#state")).to_have_attribute("data-state", "open")


async def test_a_user_talks_under_the_account_s_name(admin, pages, site):
    """Others see that the name belongs to an account, which no guest can claim."""
    guest = await pages.new()
    await guest.goto(site.http_url("/rooms/lobby/"))
    await expect(guest.locator("#state")).to_have_attribute("data-state", "open")
    await admin.goto("/rooms/lobby/")
    await expect(admin.locator("#state")).to_have_attribute("data-state", "open")
    await expect(admin.locator("#guest-name")).to_have_count(0)
    await admin.fill("#say", "good evening")
    await admin.press("#say", "Enter")
    await expect(guest.locator(".message .from")).to_have_text("admin")
    await expect(guest.locator(".message .user")).to_be_visible()
