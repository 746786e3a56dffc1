"""The pages and their states that `make screenshots` takes pictures of."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page

from rooms.tests.browser import say
from rooms.tests.played_room import BOB, YOU, PlayedRoom, person

ADMIN = "ada"
BROKEN = "/broken/"  # answered by the page for a server error

Prepare = Callable[[Page], Awaitable[None]]


def _until(selector: str) -> Prepare:
    async def wait(page: Page) -> None:
        await page.locator(selector).first.wait_for()

    return wait


def _after(fields: dict[str, str], selector: str) -> Prepare:
    """Fill fields in and send them; wait for what comes."""

    async def send(page: Page) -> None:
        for field, text in fields.items():
            await page.fill(field, text)
        await page.keyboard.press("Enter")
        await page.locator(selector).first.wait_for()

    return send


async def _try_the_echo(page: Page) -> None:
    await page.locator("#state[data-state=open]").wait_for()
    for text in ("hello", "Grüße"):
        await page.fill("#data", text)
        await page.press("#data", "Enter")
    await page.check("#as-bytes")
    await page.fill("#data", "48 65 6c 6c 6f 00 ff")
    await page.press("#data", "Enter")
    await page.locator(".frame[data-kind=bytes][data-direction=received]").wait_for()
    await page.locator("#summary", has_text="3").wait_for()


async def _answer(page: Page) -> None:
    await page.locator(".message >> text=ticket").wait_for()
    await say(page, "Thank you! I have missed it twice today.")
    await page.locator(".own[data-status=sent]").wait_for()


async def _talk(page: Page) -> PlayedRoom:
    """A conversation with every kind of message."""
    ann, eve = {**person(1), "name": "Ann Other"}, {"id": "eve", "name": "Eve", "guest": False}
    room = PlayedRoom(members=[YOU, BOB, ann, eve, *map(person, range(2, 14))], count=16)
    await room.enter(page, "")
    room.tell(
        room.message("Has anybody seen the new dashboard?"),
        room.message("It lives at https://example.com/dashboard, and its charts line up now."),
        room.message("Yes. It is calmer than the one before, and on a phone nothing scrolls sideways.", ann),
        room.message("I like it.", YOU),
        room.message("One thing is left: the numbers of the disks.", YOU),
        room.notice("At noon the server restarts. Nothing that you write is lost."),
        room.message("مرحبا بالجميع", {"id": "m", "name": "محمد", "guest": True}),
        room.message("I take the disks.", eve),
    )
    await say(page, "This one is refused.")
    await page.locator("[data-status=sending]").wait_for()
    room.refuse()
    await page.locator("[data-status=failed]").wait_for()
    await say(page, "This one is on its way.")
    await page.locator("[data-status=sending]").wait_for()
    return room


async def _say_all(page: Page) -> None:
    await _talk(page)


async def _show_members(page: Page) -> None:
    await _talk(page)
    if await page.locator("#show-members").is_visible():
        await page.click("#show-members")


async def _hear_nothing(page: Page) -> None:
    await PlayedRoom().enter(page, "")


def _ended(code: int) -> Prepare:
    async def end(page: Page) -> None:
        await (await _talk(page)).deny(page, code)
        await page.locator("#advice:not(:empty)").wait_for()

    return end


# Page -> its address, and what is done before its picture is taken. Those of staff come last.
PAGES: dict[str, tuple[str, Prepare]] = {
    "home": ("/", _until("#state[data-state=open]")),
    "api": ("/api/", _until("#parameter-room")),
    "echo": ("/echo/", _try_the_echo),
    "rooms": ("/rooms/", _until("[data-room=lobby] time")),
    "room": ("/rooms/lobby/", _answer),
    "room-talk": ("", _say_all),
    "room-members": ("", _show_members),
    "room-empty": ("", _hear_nothing),
    "room-kicked": ("", _ended(4008)),
    "room-new-password": ("", _ended(4009)),
    "room-full": ("", _ended(4100)),
    "password": ("/rooms/standup/", _until("#password")),
    "password-wrong": (
        "/rooms/standup/",
        _after({"#password": "wrong"}, "#password-errors:not(:empty)"),
    ),
    "login": ("/login/?next=/dashboard/", _until("#account-form")),
    "login-wrong": ("/login/", _after({"#id_username": "ada", "#id_password": "no"}, ".error ul")),
    "dashboard": ("/dashboard/", _until("[data-host=web-2]")),
    "dashboard-host": ("/dashboard/#host=web-2", _until("#host:not([hidden])")),
    "not-found": ("/no-such-page/", _until("h1")),
    "not-allowed": ("/rooms/staff/", _until("h1")),
    "broken": (BROKEN, _until("h1")),
    "admin": ("/admin/", _until("#content")),
    "admin-rooms": ("/admin/rooms/room/", _until("#result_list")),
    "admin-room": ("/admin/rooms/room/1/change/", _until("#content")),
    "admin-members": ("/admin/rooms/room/1/members/", _until("#content")),
    "admin-new-password": ("/password/", _until("#account-form")),
    "admin-list": ("/rooms/", _until("#new-room")),
}
