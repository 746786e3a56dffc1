"""Guarded rooms in a browser: their passwords, asked for in place and told to no one."""

import asyncio
import re
from urllib.parse import urljoin

from playwright.async_api import Page, expect

from rooms.tests.browser import enter, give_password, messages, say
from rooms.tests.played_room import PlayedRoom

PASSWORD = "secret123"  # of the demo room VIP
WRONG = "That is not the password of this room."
MAKE_ADMIN = """
from django.contrib.auth.models import User
from rooms.models import Room
User.objects.create_superuser("admin", password="swordfish-77")
room = Room.objects.get(name="VIP")
room.set_password("secret123")  # the same, which costs less to check than the demo's
room.save()
"""
CLEAR_SESSIONS = """
from django.contrib.sessions.models import Session
Session.objects.all().delete()
"""


async def test_the_right_password_opens_the_room_and_is_told_to_no_one(daphne, page):
    """The page asks until it is right, then no more; no address and no log has a password."""
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.on("websocket", lambda socket: addresses.append(socket.url))
    await page.goto(daphne.http_url("/rooms/VIP/"))
    await give_password(page, "wr0ng-password")
    await expect(page.locator("#password-errors")).to_have_text(WRONG)
    await expect(page.locator("#password")).to_have_value("")
    await expect(page.locator("#password")).to_be_focused()
    await expect(page.locator("#room")).to_have_count(0)
    await give_password(page, PASSWORD)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    assert page.url == daphne.http_url("/rooms/VIP/")
    await enter(page, daphne.http_url("/rooms/vip/"))
    assert daphne.ws_url("/ws/VIP") in addresses
    told = "\n".join([*addresses, daphne.log])
    assert PASSWORD not in told
    assert "wr0ng-password" not in told


async def test_after_too_many_wrong_passwords_the_time_to_wait_is_counted_down(start_server, page):
    """It is said in words, nothing can be sent meanwhile, and after it everything is as before."""
    server = start_server(ROOMS_PASSWORD_ATTEMPTS="1/minute")
    await page.clock.install()
    await page.goto(server.http_url("/rooms/VIP/"))
    too_many = page.locator("#password-errors", has_text=re.compile(r"^Too many wrong passwords\.$"))
    while not await too_many.count():  # one is wrong, the next one too many
        await page.fill("#password", "wrong")
        await page.press("#password", "Enter")
        await expect(page.locator("#password")).to_have_value("")
        await expect(page.locator("#password-errors")).not_to_be_empty()
    told = re.compile(r"^You can try again in [56][0-9] seconds\.$")
    await expect(page.locator("#password-wait")).to_have_text(told)
    await expect(page.locator("#enter")).to_be_disabled()
    await page.clock.run_for(61_000)
    await expect(page.locator("#password-wait")).to_have_text("You can try again now.")
    await expect(page.locator("#password-errors")).to_be_empty()
    await expect(page.locator("#enter")).to_be_enabled()


async def test_a_password_that_could_not_be_looked_at_is_no_wrong_one(daphne, pages, page):
    """The server may be gone, or the page too old for it: each is said, and nothing is lost."""
    await page.goto(daphne.http_url("/rooms/VIP/"))
    await page.context.set_offline(True)
    await give_password(page, PASSWORD)
    await expect(page.locator("#password-errors")).to_contain_text("The server cannot be reached right now.")
    await page.context.set_offline(False)
    await page.context.clear_cookies()
    await give_password(page, PASSWORD)
    await expect(page.locator("#password-errors")).to_contain_text("Reload it")
    await page.reload()
    await give_password(page, PASSWORD)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    told = await pages.settled_problems()
    pages.problems = [problem for problem in told if not re.search("403|ERR_INTERNET_DISCONNECTED", problem)]


async def test_without_scripts_the_password_is_asked_for_and_taken_all_the_same(daphne, pages):
    """The form works by itself: wrong, then right."""
    page = await pages.new(java_script_enabled=False)
    await page.goto(daphne.http_url("/rooms/VIP/"))
    await page.fill("#password", "wrong")
    await page.press("#password", "Enter")
    await expect(page.locator("#password-errors")).to_have_text(WRONG)
    assert (await page.title()).startswith("Error:")
    await page.fill("#password", PASSWORD)
    await page.press("#password", "Enter")
    await expect(page.locator("#room")).to_have_attribute("data-room", "VIP")
    await expect(page.locator(".room-head .error")).to_have_text("This page needs JavaScript.")


async def test_a_guarded_room_needs_nothing_but_a_keyboard(daphne, page):
    """Tab, Enter and letters lead from the home page to a message in a guarded room."""
    await page.goto(daphne.http_url("/"))
    await tab_to(page, "#content a[href='/rooms/']")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/rooms/")
    await tab_to(page, "a[href='/rooms/VIP/']")
    await page.keyboard.press("Enter")
    await expect(page.locator("#password")).to_be_focused()
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await expect(page.locator("#say")).to_be_focused()
    await page.keyboard.type("one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    await page.keyboard.press("Enter")
    await expect(messages(page, "sent")).to_have_js_property("textContent", "one\ntwo")
    await expect(page.locator("#say")).to_be_focused()


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus, up to the number of elements."""
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"Tab never comes to {selector}")


async def test_a_member_gives_the_password_that_an_admin_has_changed(start_server, pages):
    """The page says what happened, keeps its content, and asks for the password in place."""
    server = start_server(ROOMS_PASSWORD_ATTEMPTS="0")
    await asyncio.to_thread(server.execute, MAKE_ADMIN)
    page, admin = await pages.new(), await pages.new(base_url=server.http_url())
    await page.goto(server.http_url("/rooms/VIP/"))
    await give_password(page, PASSWORD)
    await say(page, "before")
    await expect(messages(page, "sent")).to_have_count(1)
    await page.evaluate("globalThis.isTheSamePage = true")
    await change_password(admin, "changed456")
    await expect(page.locator("#state")).to_have_text("This room has a new password.")
    await expect(page.locator("#advice")).to_contain_text("Enter it below")
    await say(page, "a draft")
    await expect(page.locator("#say-error")).to_have_text("Not sent: enter the room's new password first.")
    await give_password(page, "changed456")
    await expect(page.locator("#password")).to_be_hidden()
    await expect(page.locator("#say")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(messages(page, "sent")).to_have_text(["before", "a draft"])
    assert await page.evaluate("globalThis.isTheSamePage")
    await talk_as_user(admin, page)


async def change_password(admin: Page, password: str) -> None:
    """Log in, and change the password of the room VIP; the form shows neither it nor a hash."""
    await admin.goto("/admin/rooms/room/")
    await admin.fill("#id_username", "admin")
    await admin.fill("#id_password", "swordfish-77")
    await admin.press("#id_password", "Enter")
    await admin.get_by_role("link", name="VIP", exact=True).click()
    await expect(admin.locator("#id_new_password")).to_have_value("")
    assert "pbkdf2" not in await admin.content()
    await admin.fill("#id_new_password", password)
    await admin.click("[name=_save]")
    await expect(admin.locator(".success")).to_be_visible()


async def talk_as_user(admin: Page, page: Page) -> None:
    """Others see that a name belongs to an account, which no guest can claim; staff ban a guest from the list."""
    for visitor in (page, admin):
        await enter(visitor, urljoin(admin.url, "/rooms/lobby/"))
    await expect(admin.locator("#guest-name")).to_have_count(0)
    await say(admin, "good evening")
    theirs = page.locator(".message:not(.own)")
    await expect(theirs.locator(".from")).to_have_text("admin")
    await expect(theirs.locator(".user")).to_be_visible()
    await expect(page.locator(".ban")).to_have_count(0)
    name = await page.locator("#your-name").inner_text()
    await admin.get_by_role("link", name=f"Ban {name}").click()
    await expect(admin.locator("#id_name")).to_have_value(name)
    await expect(admin.locator("#id_room option:checked")).to_have_text("lobby")
    await admin.click("[name=_save]")
    await expect(page.locator("#state")).to_have_text("You are banned from this room.")


async def test_a_visit_that_lapsed_is_renewed_in_place(start_server, page):
    """After 12 hours, or a cleared session, the page asks for the password again."""
    server = start_server(ROOMS_PASSWORD_ATTEMPTS="0")
    await page.goto(server.http_url("/rooms/VIP/"))
    await give_password(page, PASSWORD)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await asyncio.to_thread(server.execute, CLEAR_SESSIONS)
    await page.click("#change-name")
    await page.fill("#guest-name", "Ann")
    await page.press("#guest-name", "Enter")  # connects anew
    await expect(page.locator("#state")).to_have_text(
        "This room requires its password, or is not open to you."
    )
    await give_password(page, PASSWORD)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await expect(page.locator("#your-name")).to_have_text("Ann")


async def test_somebody_who_writes_when_the_password_is_asked_for_goes_on_writing(daphne, page):
    """The form does not take the focus; a message waits until the password is given."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    await say(page, "hello")
    status = page.locator(".message .status")
    await expect(status).to_have_text("sending…")
    await page.locator("#say").press_sequentially("half a ")
    await room.links[-1].close(code=4009)
    await expect(status).to_have_text("waiting to be sent")
    await expect(page.locator("#password")).to_be_visible()
    await page.keyboard.type("sentence")
    await expect(page.locator("#say")).to_have_value("half a sentence")
    await page.fill("#password", "any")
    await page.press("#password", "Enter")
    await expect(status).to_have_text("sending…")
    assert [frame["text"] for frame in room.said] == ["hello"] * 2
