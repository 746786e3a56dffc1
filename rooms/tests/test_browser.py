"""Rooms in a browser, on real servers: messages, names, and servers that are killed."""

import asyncio
import json
import signal

from playwright.async_api import Page, WebSocketRoute, expect

from rooms.tests.browser import enter, messages, say
from rtproject.tests.support.browser import SMALL_JITTER, is_unreachable
from rtproject.tests.support.servers import Daphne


async def test_two_visitors_talk_and_markup_stays_text(daphne, pages):
    """Each sees the other's name and text exactly as typed, and their own message confirmed."""
    ann, bob = await pages.new(), await pages.new()
    await enter(ann, daphne.http_url("/rooms/two/"), "<i>Ann</i>")
    await enter(bob, daphne.http_url("/rooms/TWO/"), "Bob")
    text = "<b>hello</b> & <script>alert(1)</script>"
    await say(ann, text)
    await expect(messages(bob)).to_have_text(text)
    await expect(bob.locator(".message .from")).to_have_text("<i>Ann</i>")
    await expect(messages(ann, "sent")).to_have_text(text)
    await say(bob, "hello yourself")
    await expect(ann.locator(".message:not(.own) .text")).to_have_text("hello yourself")
    await expect(ann.locator("#member-list bdi")).to_have_text(["<i>Ann</i>", "Bob"])


async def test_two_pages_of_one_visitor_are_one_member(daphne, page):
    """A message from one is in the other as the visitor's own, and sent."""
    other = await page.context.new_page()
    for tab in (page, other):
        await enter(tab, daphne.http_url("/rooms/tabs/"))
    await say(page, "from the first page")
    await expect(other.locator(".message.own[data-status=sent] .text")).to_have_text("from the first page")
    await expect(other.locator("#members-heading")).to_have_text("Here: 1")


async def test_a_name_that_cannot_be_used_is_refused_with_a_reason(daphne, page):
    """The visitor keeps the old name, and can choose another one by keyboard."""
    await enter(page, daphne.http_url("/rooms/names/"))
    for name, words in (("\u202eAnn", "This name cannot be used here."), ("Ann", "")):
        await page.locator("#change-name").press("Enter")
        await expect(page.locator("#guest-name")).to_be_focused()
        await page.fill("#guest-name", name)
        await page.keyboard.press("Enter")
        await expect(page.locator("#say-error")).to_have_text(words)
        await expect(page.locator("#guest-name")).to_be_hidden()
        await expect(page.locator("#say")).to_be_focused()
    await expect(page.locator("#your-name")).to_have_text("Ann")


async def test_a_message_that_is_too_long_can_be_taken_back(daphne, page):
    """It is marked as not sent, the limit is said, and the text goes back into the input."""
    await enter(page, daphne.http_url("/rooms/long/"))
    await say(page, "x" * 4097)
    await expect(page.locator(".message[data-status=refused] .status")).to_have_text("not sent")
    await expect(page.locator("#say-error")).to_contain_text("too long: at most 4096 characters")
    await expect(page.locator(".again")).to_be_hidden()
    await page.click(".take-back")
    await expect(page.locator("#say")).to_have_value("x" * 4097)
    await expect(page.locator(".message")).to_have_count(0)


async def test_nothing_is_lost_or_doubled_by_a_server_that_is_killed(start_server, pages):
    """All messages, sent before, meanwhile or by others, are there once and in order."""
    page = await pages.new()
    await page.add_init_script(SMALL_JITTER)
    server = start_server()
    await enter(page, server.http_url("/rooms/lobby/"))
    await say(page, "before")
    await expect(messages(page, "sent")).to_have_text(["before"])
    server.send_signal(signal.SIGSTOP)
    await say(page, "on its way")
    await asyncio.to_thread(server.kill)
    await expect(page.locator("#state")).to_have_attribute("data-state", "waiting")
    await say(page, "while it is gone")
    await expect(messages(page, "waiting")).to_have_text(["on its way", "while it is gone"])
    await page.context.set_offline(True)
    server = start_server(Daphne, "-e", f"tcp:port={server.port}:interface=127.0.0.1", site=server.site)
    async with server.connect("/ws/lobby") as other:
        await other.send("from somebody else")
        while json.loads(await other.recv()).get("text") != "from somebody else":
            pass
        await page.context.set_offline(False)
        sent = ["before", "from somebody else", "on its way", "while it is gone"]
        await expect(messages(page)).to_have_text(sent)
        await expect(messages(page, "waiting")).to_have_count(0)
        await expect(messages(page, "sending")).to_have_count(0)
    told = await pages.settled_problems()
    pages.problems = [problem for problem in told if not is_unreachable(problem)]


async def test_what_was_stored_but_not_confirmed_is_there_once(daphne, pages):
    """A connection that ends between the store and the confirmation makes nothing twice."""
    visitor, other = await pages.new(), await pages.new()
    links = await drop_messages(visitor)
    for page in (visitor, other):
        await enter(page, daphne.http_url("/rooms/lobby/"))
    await say(visitor, "hello")
    await say(visitor, "and goodbye")
    await expect(messages(other)).to_have_text(["hello"])
    await expect(messages(visitor, "sending")).to_have_text(["hello", "and goodbye"])
    await links[0].close(code=4200)
    await expect(messages(visitor, "sent")).to_have_text(["hello", "and goodbye"])
    await expect(messages(other)).to_have_text(["hello", "and goodbye"])


async def drop_messages(page: Page) -> list[WebSocketRoute]:
    """Drop the messages on the first connection to the lobby; return all its connections."""
    links: list[WebSocketRoute] = []

    def connect(link: WebSocketRoute) -> None:
        links.append(link)
        is_dropping = len(links) == 1
        upstream = link.connect_to_server()
        upstream.on_message(
            lambda data: None if is_dropping and '"type":"message"' in str(data) else link.send(data)
        )

    await page.route_web_socket("**/ws/lobby**", connect)
    return links
