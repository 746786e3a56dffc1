"""Nothing typed is lost: drafts, messages that wait, and those that no server takes."""

from playwright.async_api import expect

from rooms.tests.browser import messages, say
from rooms.tests.played_room import YOU, PlayedRoom
from rtproject.tests.support.browser import LONGEST_WAITS


async def test_a_draft_outlives_its_page(daphne, page):
    """It belongs to the room, and ends with the message that it becomes."""
    room = PlayedRoom()
    await room.enter(page, daphne.http_url())
    await page.fill("#say", "half a\nsentence")
    await page.reload()
    await expect(page.locator("#say")).to_have_value("half a\nsentence")
    await page.goto(daphne.http_url("/rooms/another/"))
    await expect(page.locator("#say")).to_have_value("")
    await page.go_back()
    await expect(page.locator("#say")).to_have_value("half a\nsentence")
    await page.press("#say", "Enter")
    await expect(messages(page)).to_have_text("half a\nsentence")
    await page.reload()
    await expect(page.locator("#say")).to_have_value("")


async def test_what_waits_is_said_by_the_next_page(daphne, page):
    """Under its id, after a reload; a message that was refused is still there to be edited."""
    room = PlayedRoom()
    await page.add_init_script(LONGEST_WAITS)
    await room.enter(page, daphne.http_url())
    await say(page, "on its way")
    await expect(messages(page, "sending")).to_have_count(1)
    await room.deny(page, 4100)
    await say(page, "meanwhile")
    await page.reload()
    await expect(messages(page, "sending")).to_have_text(["on its way", "meanwhile"])
    first, again = room.said
    assert first == again
    room.tell(room.message("on its way", YOU, id=first["id"]))
    await expect(messages(page, "sent")).to_have_text("on its way")
    room.refuse("forbidden")
    await expect(messages(page, "failed")).to_have_text("meanwhile")
    await page.reload()
    await expect(messages(page, "failed")).to_have_text("meanwhile")
    await page.click(".take-back:visible")
    await expect(page.locator("#say")).to_have_value("meanwhile")
    assert await page.evaluate("Object.keys(sessionStorage)") == []


async def test_a_waiting_message_can_be_deleted(daphne, page):
    """It is not said then; the next one is."""
    room = PlayedRoom()
    await page.add_init_script(LONGEST_WAITS)
    await room.enter(page, daphne.http_url())
    await room.deny(page, 4100)
    for text in ("no", "yes"):
        await say(page, text)
    await page.locator(".drop:visible").first.click()
    await page.click("#reopen")
    await expect(messages(page, "sending")).to_have_text("yes")
    assert [frame["text"] for frame in room.said] == ["yes"]


async def test_a_text_that_ends_connections_does_not_lock_its_writer_out(daphne, page):
    """What cannot be sent stays in the input; what may be the cause is taken out, and can be tried again."""
    room = PlayedRoom()
    await page.add_init_script(LONGEST_WAITS)
    await room.enter(page, daphne.http_url())
    big = "a" * 1_000_000
    await say(page, big)
    await expect(page.locator("#say-error")).to_contain_text("This message is too long")
    await expect(page.locator("#say")).to_have_value(big)
    assert room.said == []
    for text in ("the cause", "the next"):
        await say(page, text)
    for _ in range(2):
        await expect(messages(page, "sending").first).to_have_text("the cause")
        await room.links[-1].close(code=1011)
        await page.click("#reopen")
    await expect(messages(page, "unsent")).to_have_text("the cause")
    await expect(messages(page, "sending")).to_have_text("the next")
    await page.click(".again:visible")
    room.tell(room.message("the next", YOU, id=room.said[-1]["id"]))
    await expect(messages(page, "sending")).to_have_text("the cause")
    assert [frame["text"] for frame in room.said] == ["the cause", "the cause", "the next", "the cause"]
    assert room.said[0] == room.said[-1]
