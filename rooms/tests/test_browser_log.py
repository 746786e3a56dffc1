"""The log of a room: days, senders, links, notices, new messages and unsent ones."""

import asyncio

from playwright.async_api import Page, expect

from rooms.tests.browser import enter, messages, say, scroll_to
from rooms.tests.played_room import BOB, YOU, PlayedRoom
from rtproject.tests.support.browser import LONGEST_WAITS

SUPERUSER = (
    "from django.contrib.auth.models import User; User.objects.create_superuser('root', password='pw')"
)
SHOW_PAGE = """(state) => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


RIGHT_OF_SECOND_LINE = """(part) => {
    const range = document.createRange();
    range.setStart(part.firstChild, 4);
    range.setEnd(part.firstChild, 8);
    return part.getBoundingClientRect().right - range.getBoundingClientRect().right;
}"""


async def test_each_day_is_named_once_in_the_reader_s_locale(daphne, pages):
    """The calendar is that of the reader; two days are named "today" and "yesterday"."""
    page = await pages.new(locale="de-DE", timezone_id="Asia/Tokyo")
    await page.clock.install(time="2026-03-10T03:00:00Z")
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    for at in ("03-07T14:59", "03-07T15:01", "03-09T01:00", "03-09T16:30"):
        room.tell(room.message(at=f"2026-{at}:00.000Z"))
    days = ["Samstag, 7. März 2026", "Sonntag, 8. März 2026", "Gestern", "Heute"]
    await expect(page.locator(".day:visible")).to_have_text(days)
    times = page.locator(".foot time")
    await expect(times).to_have_text(["23:59", "00:01", "10:00", "01:30"])
    await expect(times.first).to_have_attribute("datetime", "2026-03-07T14:59:00.000Z")


async def test_what_was_today_is_yesterday_after_midnight(daphne, pages):
    """A page that stays open names the days anew, and begins a new one with its first message."""
    page = await pages.new(timezone_id="UTC")
    await page.clock.install(time="2026-03-10T23:58:00Z")
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    room.tell(room.message(at="2026-03-10T23:57:00.000Z"))
    days = page.locator(".day:visible")
    await expect(days).to_have_text(["Today"])
    await page.clock.fast_forward(180_000)
    await expect(days).to_have_text(["Yesterday"])
    room.tell(room.message(at="2026-03-11T00:01:00.000Z"))
    await expect(days).to_have_text(["Yesterday", "Today"])


async def test_a_program_is_told_from_a_user(daphne, page):
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    for about in ({}, {"guest": False}, {"guest": False, "program": True}):
        room.tell(room.message(sender={**BOB, **about}))
    await expect(messages(page)).to_have_count(3)
    tags = await page.locator(".meta").evaluate_all("all => all.map((each) => each.innerText)")
    assert [tag.split("Bob")[1].strip().lower() for tag in tags] == ["", "signed in", "program"]


async def test_a_deleted_message_says_so(daphne, page):
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    gone = "This message was deleted."
    room.tell(room.message("stays"), room.message(deleted=True) | {"text": ""}, room.message("goes"))
    await expect(messages(page)).to_have_text(["stays", gone, "goes"])
    room.tell({"type": "deleted", "seq": 4, "target": 3, "by": "author"}, room.message("next") | {"seq": 5})
    await expect(messages(page)).to_have_text(["stays", gone, gone, "next"])


async def test_one_s_own_message_is_deleted_for_everybody(daphne, pages):
    """By keyboard, after a question; others' messages have no button for it."""
    ann, bob = await pages.new(), await pages.new()
    for page in (ann, bob):
        await enter(page, daphne.http_url("/rooms/lobby/"))
    await say(ann, "regretted")
    await expect(messages(bob).last).to_have_text("regretted")
    await expect(bob.locator(".drop:visible")).to_have_count(0)
    ann.on("dialog", lambda dialog: dialog.accept())
    await ann.locator(".message.own").hover()
    await ann.locator(".message.own .drop").press("Enter")
    for page in (ann, bob):
        await expect(messages(page).last).to_have_text("This message was deleted.")
    await expect(ann.locator("#log")).to_be_focused()
    await expect(ann.locator(".message.own .actions")).to_be_hidden()


async def test_staff_delete_what_others_said(daphne, pages):
    """The admin's button is beside every message."""
    admin, bob = await pages.new(), await pages.new()
    await asyncio.to_thread(daphne.execute, SUPERUSER)
    await admin.goto(daphne.http_url("/login/", next="/rooms/lobby/"))
    await admin.fill("#id_username", "root")
    await admin.fill("#id_password", "pw")
    await admin.press("#id_password", "Enter")
    await enter(bob, daphne.http_url("/rooms/lobby/"))
    await say(bob, "spam")
    admin.on("dialog", lambda dialog: dialog.accept())
    await admin.locator(".message", has_text="spam").hover()
    await admin.locator(".drop:visible").click()
    for page in (admin, bob):
        await expect(messages(page).last).to_have_text("This message was deleted.")


async def test_code_is_shown_as_it_was_typed(daphne, page):
    """Between backticks and fences; an address in it is no link."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    room.tell(room.message("see `https://example.org/` and\n```py\nx = <b>1</b>\n```"))
    await expect(page.locator(".message code")).to_have_text(["https://example.org/", "x = <b>1</b>"])
    await expect(page.locator(".message a[href^=http]")).to_have_count(0)


async def test_those_who_write_are_named_until_they_are_done(daphne, page):
    """The reader's own writing is told."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    await page.fill("#say", "a")
    await room.typed.wait()
    room.tell({"type": "typing", "member": BOB})
    await expect(page.locator("#typing")).to_have_text("Writing: Bob")
    room.tell(room.message("done"))
    await expect(page.locator("#typing")).to_be_empty()


async def test_a_sender_who_goes_on_is_named_once(daphne, page):
    """The name returns after another sender, a pause or a notice; screen readers always get it."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    said = [("12:00", BOB), ("12:04", BOB), ("12:10", BOB), ("12:11", YOU), ("12:12", YOU)]
    for time, sender in said:
        room.tell(room.message(sender=sender, at=f"2026-01-31T{time}:00.000Z"))
    room.tell(room.notice("<b>Tea</b>\nat five"))
    room.tell(room.message(sender=YOU, at="2026-01-31T12:13:00.000Z"))
    items = page.locator("#messages > li")
    await expect(items).to_have_count(7)
    await expect(items.nth(5).locator(".words")).to_have_text("<b>Tea</b>\nat five")
    continued = await items.evaluate_all("items => items.map((item) => item.classList.contains('continued'))")
    assert continued == [False, True, False, False, True, False, False]
    await expect(page.locator(".message .from")).to_have_text(["Bob"] * 3 + ["Ann"] * 3)


async def test_texts_keep_to_themselves(daphne, page):
    """Names are isolated, texts have their own direction, and only addresses are links."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    hostile = '<img src=x onerror="alert(1)"> javascript:alert(1) see https://\u0430pple.com/.'
    room.tell(room.message("שלום", {**BOB, "name": "דוד 123"}), room.message(hostile))
    texts = messages(page)
    await expect(texts).to_have_text(["שלום", hostile])
    directions = await texts.evaluate_all("texts => texts.map((text) => getComputedStyle(text).direction)")
    assert directions == ["rtl", "ltr"]
    assert await page.locator(".foot time").first.get_attribute("lang") == "en-US"
    assert await page.locator(".message .from").first.evaluate("name => name.tagName") == "BDI"
    link = texts.last.locator("*")
    await expect(link).to_have_text("https://\u0430pple.com/")
    await expect(link).to_have_attribute("href", "https://xn--pple-43d.com/")
    await expect(link).to_have_attribute(
        "title", "https://xn--pple-43d.com/"
    )  # the letter only looks like an a
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(link).to_have_attribute("target", "_blank")


async def test_each_line_has_its_own_direction_and_marks_stay_in_their_bubble(daphne, page):
    """In what is written, too."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    room.tell(room.message("one\nבגדה"), room.message("a" + "\u0301" * 60))
    await expect(messages(page)).to_have_count(2)
    await page.fill("#say", "one\nבגדה")
    assert await messages(page).first.evaluate(RIGHT_OF_SECOND_LINE) < 1
    written = "part => [getComputedStyle(part).unicodeBidi, part.dir]"
    assert await page.locator("#say").evaluate(written) == ["plaintext", "auto"]
    assert await messages(page).last.evaluate("part => getComputedStyle(part).overflow") == "clip"


async def test_what_comes_while_the_page_is_hidden_is_counted_in_its_title(daphne, page):
    """Only others' messages count; a line marks the first, until the page is seen again."""
    room = PlayedRoom(3)
    await room.enter(page, daphne.http_url())
    await expect(page).to_have_title("played · rtproject")
    await page.evaluate(SHOW_PAGE, "hidden")
    room.tell(room.message("one"), room.message("mine", YOU), room.message("two"))
    await expect(page).to_have_title("(2) played · rtproject")
    marked = page.locator("#messages > li").filter(has=page.locator(".fresh:not([hidden])"))
    await expect(marked.locator(".text")).to_have_text(["one"])
    room.tell(room.message("for @ann"))
    await expect(page).to_have_title("(@1, 3) played · rtproject")
    await page.evaluate(SHOW_PAGE, "visible")
    await expect(page).to_have_title("played · rtproject")
    await page.evaluate(SHOW_PAGE, "hidden")
    room.tell(room.message("three"))
    await expect(marked.locator(".text")).to_have_text(["three"])


async def test_a_notice_is_counted_like_a_message(daphne, page):
    """It has its time, is read out, and is marked as new."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    await page.evaluate(SHOW_PAGE, "hidden")
    room.tell(room.notice("Tea"))
    await expect(page).to_have_title("(1) played · rtproject")
    await expect(page.locator(".notice .fresh")).to_be_visible()
    await expect(page.locator(".notice time[datetime='2026-01-31T12:00:00.000Z']")).to_be_visible()
    await expect(page.locator("#announcements")).to_have_text("Announcement: Tea")


async def test_more_than_the_room_keeps_is_counted_and_said_to_be_cut(daphne, page):
    """A reader further up comes to the first new message and stays there."""
    room = PlayedRoom(200)
    await room.enter(page, daphne.http_url())
    await expect(messages(page)).to_have_count(50)
    await scroll_to(page, 800)
    await expect(page.locator("#not-kept")).to_be_hidden()
    room.instead = [{"type": "history", "messages": [], "more": False}]
    await room.run_over(100, kept=40)
    await expect(page).to_have_title("(40) played · rtproject")
    await expect(messages(page).first).to_have_text("261")
    await expect(page.locator("#messages > li").first.locator(".fresh")).to_be_visible()
    await expect(page.locator("#not-kept")).to_be_in_viewport()
    await expect(messages(page).first).to_be_in_viewport()
    await expect(page.locator("#jump")).to_have_text("New messages: 40")


async def test_what_comes_below_a_reader_is_counted_until_it_is_seen(daphne, page):
    """The title and the button to the end have the count."""
    room = PlayedRoom(100)
    await room.enter(page, daphne.http_url())
    jump = page.locator("#jump")
    await expect(jump).to_be_hidden()
    await scroll_to(page, 500)
    await expect(jump).to_have_text("To the newest")
    room.tell(room.message("one"), room.message("two"))
    await expect(jump).to_have_text("New messages: 2")
    await expect(page).to_have_title("(2) played · rtproject")
    await jump.click()
    await expect(jump).to_be_hidden()
    await expect(page).to_have_title("played · rtproject")
    await expect(page.locator("#say")).to_be_focused()
    await expect(messages(page).last).to_be_in_viewport()


async def test_what_was_refused_can_be_said_again_or_edited(daphne, page):
    """Each under a new id, at the end of the log; nothing is lost or doubled."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    await say(page, "hello")
    await refuse(page, room)
    await expect(page.locator("#say-error")).to_contain_text("Send it again.")
    await page.click(".again")
    await expect(page.locator("#say-error")).to_be_empty()
    await refuse(page, room)
    assert len({frame["id"] for frame in room.said}) == 2
    await page.fill("#say", "draft")
    await page.click(".take-back")
    await expect(page.locator("#say")).to_have_value("hello\ndraft")
    await expect(page.locator("#say")).to_be_focused()
    await expect(page.locator(".message")).to_have_count(0)


async def refuse(page: Page, room: PlayedRoom) -> None:
    """Refuse the message on its way, for a temporary reason."""
    await expect(messages(page, "sending")).to_have_text("hello")
    room.refuse()
    await expect(page.locator(".message[data-status=failed] .actions")).to_be_visible()


async def test_what_is_too_much_at_once_is_sent_again_by_itself(daphne, page):
    """The page says so until it is through."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    await say(page, "hello")
    await expect(messages(page, "sending")).to_have_count(1)
    room.refuse("rate_limited")
    await expect(page.locator("#say-error")).to_contain_text("sent again in a moment")
    room.tell(room.message("hello", YOU, id=room.said[-1]["id"]))
    await expect(messages(page, "sent")).to_have_text(["hello"])
    await expect(page.locator("#say-error")).to_be_empty()


async def test_what_is_too_much_to_wait_stays_in_the_input(daphne, page):
    """A hundred messages can wait; the page says why it takes no more."""
    room = PlayedRoom()
    await page.add_init_script(LONGEST_WAITS)
    await room.enter(page, daphne.http_url())
    await room.deny(page, 4100)
    for number in range(101):
        await say(page, f"message {number}")
    await expect(page.locator("#say-error")).to_contain_text("Too many of your messages")
    await expect(page.locator("#say")).to_have_value("message 100")
    await expect(messages(page, "waiting")).to_have_count(100)


async def test_a_room_that_begins_anew_is_shown_anew(daphne, page):
    """After a new epoch the old list is gone, and the page's own messages stay."""
    room = PlayedRoom(3)
    await room.enter(page, daphne.http_url())
    await expect(messages(page)).to_have_text(["1", "2", "3"])
    await say(page, "mine")
    room.welcome.update(recovered=False, epoch="another", seq=0)
    await room.links[-1].close(code=4200)
    await expect(messages(page)).to_have_text(["mine"])
    room.tell({**room.message("new"), "seq": 1})
    await expect(messages(page)).to_have_text(["new", "mine"])
