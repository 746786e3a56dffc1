"""Guarded rooms in a browser: their passwords, asked for in place and told to nobody."""

import re

from playwright.async_api import Page, expect

PASSWORD = "secret123"  # of the demo room VIP


async def give_password(page: Page, password: str) -> None:
    """Answers the question for the password on a room's page; again, if the machine was too busy to look at it."""
    errors = page.locator("#password-errors")
    answer = page.locator("#send:enabled, #password-errors:not(:empty)").first
    is_unanswered = True
    while is_unanswered:
        await errors.evaluate_all(
            "found => found.forEach((each) => each.replaceChildren())"
        )  # of the time before
        await page.fill("#password", password)
        await page.press("#password", "Enter")
        await answer.wait_for()
        is_unanswered = await errors.filter(has_text="cannot be checked right now").count() > 0


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


async def test_after_too_many_wrong_passwords_the_time_to_wait_is_counted_down(start_server, page):
    """It is said in words, nothing can be sent meanwhile, and after it everything is as before."""
    server = start_server(ROOMS_PASSWORD_ATTEMPTS="1/minute")
    await page.clock.install()
    await page.goto(server.http_url("/rooms/VIP/"))
    too_many = page.locator("#password-errors", has_text=re.compile(r"^Too many wrong passwords\.$"))
    while not await too_many.count():  # one is wrong, the next one too many
        await page.fill("#password", "guess")
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


async def test_a_server_that_is_gone_is_no_wrong_password(start_server, pages, page):
    """What was typed could not be looked at, and the page says so."""
    server = start_server()
    await page.goto(server.http_url("/rooms/VIP/"))
    await server.stop()
    await give_password(page, PASSWORD)
    await expect(page.locator("#password-errors")).to_contain_text("The server cannot be reached right now.")
    await expect(page.locator("#enter")).to_be_enabled()
    told = await pages.settled_problems()
    pages.problems = [problem for problem in told if "ERR_CONNECTION_REFUSED" not in problem]


async def test_a_page_that_is_too_old_says_so(daphne, pages, page):
    """Without the cookie that belongs to its form nothing is accepted, and a reload helps."""
    await page.goto(daphne.http_url("/rooms/VIP/"))
    await page.context.clear_cookies()
    await give_password(page, PASSWORD)
    await expect(page.locator("#password-errors")).to_contain_text("Reload it")
    await page.reload()
    await give_password(page, PASSWORD)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    told = await pages.settled_problems()
    pages.problems = [problem for problem in told if "403" not in problem]


async def test_without_scripts_the_password_is_asked_for_and_taken_all_the_same(daphne, pages):
    """The form works by itself: wrong, then right."""
    page = await pages.new(java_script_enabled=False)
    await page.goto(daphne.http_url("/rooms/VIP/"))
    await page.fill("#password", "guess")
    await page.press("#password", "Enter")
    await expect(page.locator("#password-errors")).to_have_text("That is not the password of this room.")
    assert (await page.title()).startswith("Error:")
    await page.fill("#password", PASSWORD)
    await page.press("#password", "Enter")
    await expect(page.locator("#room")).to_have_attribute("data-room", "VIP")
    await expect(page.locator(".room-head .error")).to_have_text("This page needs JavaScript.")


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
    await expect(page.locator("#say")).to_be_focused()
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
