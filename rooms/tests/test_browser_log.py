"""What a room's log looks like: days, times, turns, announcements, and what is new to its reader."""

from playwright.async_api import Locator, Page, expect

from rooms.tests.played_room import BOB, YOU, PlayedRoom

SHOW_PAGE = """(state) => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def days(page: Page) -> Locator:
    """The separators of days that can be seen."""
    return page.locator(".day:visible")


async def test_each_day_is_named_once_in_the_reader_s_locale(daphne, pages):
    """Where the reader is, by the calendar and the clock of there; today and yesterday by these words."""
    page = await pages.new(locale="de-DE", timezone_id="Asia/Tokyo")
    await page.clock.install(time="2026-03-10T03:00:00Z")
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    for at in (
        "2026-03-07T14:59:00.000Z",
        "2026-03-07T15:01:00.000Z",
        "2026-03-09T01:00:00.000Z",
        "2026-03-09T16:30:00.000Z",
    ):
        room.tell(room.message(at=at))
    await expect(days(page)).to_have_text(
        ["Samstag, 7. März 2026", "Sonntag, 8. März 2026", "Gestern", "Heute"]
    )
    times = page.locator(".foot time")
    await expect(times).to_have_text(["23:59", "00:01", "10:00", "01:30"])
    await expect(times.first).to_have_attribute("datetime", "2026-03-07T14:59:00.000Z")
    await expect(days(page).last.locator("time")).to_have_attribute("datetime", "2026-03-10")


async def test_what_was_today_is_yesterday_after_midnight(daphne, pages):
    """A page that stays open over night names the days anew, and begins the next one with its first message."""
    page = await pages.new(timezone_id="UTC")
    await page.clock.install(time="2026-03-10T23:58:00Z")
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    room.tell(room.message(at="2026-03-10T23:57:00.000Z"))
    await expect(days(page)).to_have_text(["Today"])
    await page.clock.fast_forward(180_000)
    await expect(days(page)).to_have_text(["Yesterday"])
    room.tell(room.message(at="2026-03-11T00:01:00.000Z"))
    await expect(days(page)).to_have_text(["Yesterday", "Today"])


async def test_who_goes_on_talking_is_named_once(daphne, page):
    """Until somebody else speaks, or after a pause, or on another day; a screen reader hears the name each time."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    said = [("12:00", BOB), ("12:04", BOB), ("12:10", BOB), ("12:11", YOU), ("12:12", YOU), ("12:13", BOB)]
    for time, sender in said:
        room.tell(room.message(sender=sender, at=f"2026-01-31T{time}:00.000Z"))
    items = page.locator(".message")
    await expect(items).to_have_count(6)
    continued = await items.evaluate_all("items => items.map((item) => item.classList.contains('continued'))")
    assert continued == [False, True, False, False, True, False]
    await expect(items.locator(".from")).to_have_text(["Bob"] * 3 + ["Ann"] * 2 + ["Bob"])
    await expect(page.locator(".message.own")).to_have_count(2)


async def test_an_announcement_stands_among_the_messages(daphne, page):
    """It is nobody's, so whoever speaks after it is named again; markup in it is text."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    room.tell(room.message("one"), {"type": "notice", "text": "<b>Tea</b>\nat five"}, room.message("two"))
    await expect(page.locator("#messages > li")).to_have_count(3)
    await expect(page.locator("#messages > li").nth(1).locator(".words")).to_have_text("<b>Tea</b>\nat five")
    await expect(page.locator(".message.continued")).to_have_count(0)


async def test_names_and_texts_of_any_direction_keep_to_themselves(daphne, page):
    """Each name is isolated from what stands beside it, and each text has the direction of its own first letter."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    room.tell(room.message("שלום", {**BOB, "name": "דוד 123"}), room.message("abc שלום"))
    texts = page.locator(".message .text")
    await expect(texts).to_have_text(["שלום", "abc שלום"])
    directions = await texts.evaluate_all("texts => texts.map((text) => getComputedStyle(text).direction)")
    assert directions == ["rtl", "ltr"]
    assert await page.locator(".message .from").first.evaluate("name => name.tagName") == "BDI"


async def test_what_comes_while_the_page_is_hidden_is_counted_in_its_title(daphne, page):
    """Others' messages alone; a line marks where they begin, and the count is gone when the page is seen again."""
    room = PlayedRoom(3)
    await room.enter(page, daphne.http_url())
    await expect(page).to_have_title("played · rtproject")
    await page.evaluate(SHOW_PAGE, "hidden")
    room.tell(room.message("one"), room.message("mine", YOU), room.message("two"))
    await expect(page).to_have_title("(2) played · rtproject")
    marked = page.locator("#messages > li").filter(has=page.locator(".fresh:not([hidden])"))
    await expect(marked.locator(".text")).to_have_text(["one"])
    await page.evaluate(SHOW_PAGE, "visible")
    await expect(page).to_have_title("played · rtproject")
    await page.evaluate(SHOW_PAGE, "hidden")
    room.tell(room.message("three"))
    await expect(page).to_have_title("(1) played · rtproject")
    await expect(marked.locator(".text")).to_have_text(["three"])


async def test_what_comes_below_a_reader_is_counted_until_it_is_seen(daphne, page):
    """In the title and on the button that leads there; with nothing new the button leads to the end all the same."""
    room = PlayedRoom(100)
    await room.enter(page, daphne.http_url())
    jump = page.locator("#jump")
    await expect(jump).to_be_hidden()
    await page.evaluate("document.getElementById('log').scrollTop = 500")
    await expect(jump).to_be_visible()
    await expect(jump).to_have_text("To the newest")
    room.tell(room.message("one"), room.message("two"))
    await expect(jump).to_have_text("New messages: 2")
    await expect(page).to_have_title("(2) played · rtproject")
    await jump.click()
    await expect(jump).to_be_hidden()
    await expect(page).to_have_title("played · rtproject")
    await expect(page.locator("#say")).to_be_focused()
    await expect(page.locator(".message .text").last).to_be_in_viewport()


async def test_what_was_refused_can_be_said_again_or_edited(daphne, page):
    """Each under a new id, at the end of what was said; nothing of it is lost or doubled."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    await page.fill("#say", "hello")
    await page.press("#say", "Enter")
    await expect(page.locator(".message[data-status=sending]")).to_have_count(1)
    await refuse(page, room)
    await expect(page.locator("#say-error")).to_contain_text("Send it again.")
    await page.click(".again")
    await expect(page.locator(".message[data-status=sending] .text")).to_have_text("hello")
    await expect(page.locator("#say-error")).to_be_empty()
    await refuse(page, room)
    assert len({frame["id"] for frame in room.said}) == 2
    await page.fill("#say", "draft")
    await page.click(".take-back")
    await expect(page.locator("#say")).to_have_value("hello\ndraft")
    await expect(page.locator("#say")).to_be_focused()
    await expect(page.locator(".message")).to_have_count(0)


async def refuse(page: Page, room: PlayedRoom) -> None:
    """Refuses what was said last, for a reason that does not lie in it."""
    room.tell({"type": "error", "code": "id_used", "detail": "in no language", "id": room.said[-1]["id"]})
    await expect(page.locator(".message[data-status=failed] .actions")).to_be_visible()
