"""Guarded rooms in a browser: their passwords, asked for in place and told to nobody."""

import asyncio

from playwright.async_api import Page, expect

PASSWORD = "secret123"  # of the demo room VIP
CHANGE_PASSWORD = """
from rooms.models import Room
room = Room.objects.get(name="VIP")
room.set_password("changed456")
room.save()
"""


async def give_password(page: Page, password: str) -> None:
    """Answers the question for the password on a room's page."""
    await page.fill("#password", password)
    await page.press("#password", "Enter")


async def test_a_wrong_password_is_said_in_words_and_the_right_one_opens(daphne, page):
    """The room's page asks for the password in place, as often as it takes."""
    await page.goto(daphne.http_url("/rooms/VIP/"))
    await give_password(page, "guess")
    await expect(page.locator("#password-errors")).to_have_text("That is not the password of this room.")
    await expect(page.locator("#password")).to_have_value("")
    await expect(page.locator("#room")).to_have_count(0)
    await give_password(page, PASSWORD)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    assert page.url == daphne.http_url("/rooms/VIP/")


async def test_a_password_that_was_given_lasts_for_the_visit(daphne, page):
    """Who is in may reload the page, and may come to it by another spelling, without being asked again."""
    await page.goto(daphne.http_url("/rooms/VIP/"))
    await give_password(page, PASSWORD)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await page.reload()
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await page.goto(daphne.http_url("/rooms/vip/"))
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")


async def test_the_password_is_in_no_address_and_no_log(daphne, page):
    """Not in the page's, not in a request's, not in a WebSocket's, and the server writes none."""
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.on("websocket", lambda socket: addresses.append(socket.url))
    await page.goto(daphne.http_url("/rooms/VIP/"))
    await give_password(page, "wr0ng-guess")
    await expect(page.locator("#password-errors")).not_to_be_empty()
    await give_password(page, PASSWORD)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    assert daphne.ws_url("/ws/VIP") in addresses
    told = "\n".join([page.url, *addresses, daphne.log])
    assert PASSWORD not in told
    assert "wr0ng-guess" not in told


async def test_who_is_inside_when_the_password_changes_can_give_the_new_one(start_server, page):
    """The page says what happened, does not knock on in vain, and leads to the question for the new password."""
    server = start_server()
    await page.goto(server.http_url("/rooms/VIP/"))
    await give_password(page, PASSWORD)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await asyncio.to_thread(server.execute, CHANGE_PASSWORD)
    # From another process without a channel layer in between: the room is looked at every few seconds.
    await expect(page.locator("#state")).to_have_attribute("data-state", "closed", timeout=20_000)
    await expect(page.locator("#state")).to_have_text("The room's password was set or changed.")
    await expect(page.locator("#send")).to_be_disabled()
    await page.click("#enter-again")
    await give_password(page, PASSWORD)
    await expect(page.locator("#password-errors")).to_have_text("That is not the password of this room.")
    await give_password(page, "changed456")
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")


async def test_a_guarded_room_needs_nothing_but_a_keyboard(daphne, page):
    """From the home page to a message in a guarded room with Tab, Enter and letters."""
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
    await tab_to(page, "#say")
    await page.keyboard.type("one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message[data-status=sent] .text")).to_have_js_property(
        "textContent", "one\ntwo"
    )
    await expect(page.locator("#say")).to_be_focused()


async def tab_to(page: Page, selector: str) -> None:
    """Presses Tab until the element has the focus, as often as the page can make one."""
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"Tab never comes to {selector}")
