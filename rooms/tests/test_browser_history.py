"""Rooms with history in a browser: nothing gets lost, and nothing is there twice, whatever becomes of the server."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Locator, Page, WebSocketRoute, expect

from rooms.tests.test_browser import enter, say
from rtproject.tests.support.browser import SMALL_JITTER
from rtproject.tests.support.servers import Daphne

FORGET = """
from rooms.models import Message, Numbering
Message.objects.all().delete()
Numbering.objects.update(epoch="another", last_seq=0, pruned=0)
"""
KEEP_FIVE = """
from rooms.models import Room
Room.objects.update(history_size=5)
"""


def start_again(start_server, server: Daphne) -> Daphne:
    """A new process on the port and the database of one that ended."""
    return start_server(Daphne, "-e", f"tcp:port={server.port}:interface=127.0.0.1", site=server.site)


def messages(page: Page, status: str = "") -> Locator:
    """The texts of the messages, in order; only those of one status, if it is given."""
    return page.locator(f".message[data-status={status}] .text" if status else ".message .text")


async def deafen(page: Page) -> list[WebSocketRoute]:
    """Keeps all messages of the lobby from the page's first connection; returns the list of its connections."""
    links: list[WebSocketRoute] = []

    def connect(link: WebSocketRoute) -> None:
        links.append(link)
        upstream = link.connect_to_server()
        is_deaf = len(links) == 1
        upstream.on_message(
            lambda data: None if is_deaf and '"type":"message"' in str(data) else link.send(data)
        )

    await page.route_web_socket("**/ws/lobby**", connect)
    return links


async def talk(server: Daphne, *texts: str) -> None:
    """Says `texts` in the lobby as somebody else, and returns when they are stored."""
    async with server.connect("/ws/lobby", {"history": 0}) as client:
        for text in texts:
            await client.send(text)
        heard = 0
        while heard < len(texts):
            heard += json.loads(await client.recv())["type"] == "message"


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(pages) -> AsyncIterator[Page]:
    """A page that comes back soon after its connection is lost, and may report that it lost it."""
    page = await pages.new()
    await page.add_init_script(SMALL_JITTER)
    yield page
    told = await pages.settled_problems()
    pages.problems = [problem for problem in told if "WebSocket connection to" not in problem]


async def test_what_is_written_while_the_server_is_gone_is_sent_when_it_is_back(start_server, pages, visitor):
    """Each message goes from sending to sent after a power cut, and everybody has each of them once."""
    server = start_server()
    await enter(visitor, server.http_url("/rooms/lobby/"))
    await say(visitor, "before")
    await expect(messages(visitor, "sent")).to_have_text(["before"])
    server.send_signal(signal.SIGSTOP)
    await say(visitor, "on its way")
    await asyncio.to_thread(server.kill)
    await expect(visitor.locator("#state")).to_have_attribute("data-state", "waiting")
    await say(visitor, "while it is gone")
    await say(visitor, "and another")
    waiting = ["on its way", "while it is gone", "and another"]
    await expect(messages(visitor, "waiting")).to_have_text(waiting)
    start_again(start_server, server)
    await expect(messages(visitor, "sent")).to_have_text(["before", *waiting])
    other = await pages.new()
    await enter(other, server.http_url("/rooms/lobby/"))
    await expect(messages(other)).to_have_text(["before", *waiting])
    await expect(messages(visitor)).to_have_count(4)


async def test_what_was_stored_but_not_confirmed_is_there_once(start_server, pages, visitor):
    """A connection that ends between the store and the confirmation makes nothing twice."""
    server = start_server()
    links = await deafen(visitor)
    await enter(visitor, server.http_url("/rooms/lobby/"))
    other = await pages.new()
    await enter(other, server.http_url("/rooms/lobby/"))
    await say(visitor, "hello")
    await say(visitor, "and goodbye")
    await expect(messages(other)).to_have_text(["hello"])
    await expect(messages(visitor, "sending")).to_have_text(["hello", "and goodbye"])
    await links[0].close(code=4200)
    await expect(messages(visitor, "sent")).to_have_text(["hello", "and goodbye"])
    await expect(messages(other)).to_have_text(["hello", "and goodbye"])
    await expect(messages(visitor)).to_have_count(2)


async def test_what_was_stored_is_confirmed_even_if_it_is_not_shown_any_more(start_server, visitor):
    """So much was said since that the room does not show it to newcomers; its sender still sees that it was sent."""
    server = start_server()
    await asyncio.to_thread(server.execute, KEEP_FIVE)
    links = await deafen(visitor)
    await enter(visitor, server.http_url("/rooms/lobby/"))
    async with server.connect("/ws/lobby") as client:
        await say(visitor, "hello")
        while "hello" not in await client.recv():
            pass
    texts = [f"message {number}" for number in range(1, 8)]
    await talk(server, *texts)
    await links[0].close(code=4200)
    await expect(messages(visitor, "sent")).to_have_text(["hello"])
    await expect(messages(visitor)).to_contain_text(texts[-5:])


async def test_what_others_said_meanwhile_is_there_after_a_restart(start_server, visitor):
    """The page shows what it missed, below what it had, each message once."""
    server = start_server()
    await talk(server, "one", "two")
    await enter(visitor, server.http_url("/rooms/lobby/"))
    await expect(messages(visitor)).to_have_text(["one", "two"])
    await visitor.context.set_offline(True)
    await asyncio.to_thread(server.kill)
    await expect(visitor.locator("#state")).to_have_attribute("data-state", "waiting")
    server = start_again(start_server, server)
    await talk(server, "three", "four")
    await visitor.context.set_offline(False)
    await expect(messages(visitor)).to_have_text(["one", "two", "three", "four"])


async def test_a_room_that_begins_anew_is_shown_anew(start_server, visitor):
    """When the numbers mean other messages than before, the old list is gone; what only the page knows stays."""
    server = start_server()
    await talk(server, "old")
    await enter(visitor, server.http_url("/rooms/lobby/"))
    await expect(messages(visitor)).to_have_text(["old"])
    await say(visitor, "x" * 4097)
    await expect(messages(visitor, "refused")).to_have_count(1)
    await asyncio.to_thread(server.kill)
    await say(visitor, "mine")
    await asyncio.to_thread(server.execute, FORGET)
    start_again(start_server, server)
    await expect(messages(visitor, "sent")).to_have_text(["mine"])
    await expect(messages(visitor)).to_have_text(["x" * 4097, "mine"])


async def test_two_pages_of_one_visitor_are_one_member(start_server, page):
    """What is said in one is in the other as one's own, and sent."""
    server = start_server()
    other = await page.context.new_page()
    for tab in (page, other):
        await enter(tab, server.http_url("/rooms/lobby/"))
    await say(page, "from the first page")
    await expect(other.locator(".message.own[data-status=sent] .text")).to_have_text("from the first page")
    await say(other, "from the second")
    await expect(messages(page, "sent")).to_have_text(["from the first page", "from the second"])
    await expect(page.locator(".message:not(.own)")).to_have_count(0)


async def test_too_much_at_once_is_sent_bit_by_bit(start_server, page):
    """Beyond the rate a page waits by itself, says so, and keeps the order."""
    server = start_server(ROOMS_MESSAGE_RATE="2/second")
    await page.add_init_script(SMALL_JITTER)
    await enter(page, server.http_url("/rooms/lobby/"))
    texts = [f"message {number}" for number in range(1, 7)]
    for text in texts:
        await say(page, text)
    await expect(page.locator("#say-error")).to_contain_text("sent again in a moment")
    await expect(messages(page, "sent")).to_have_text(texts)
    await expect(page.locator("#say-error")).to_be_empty()


async def test_a_room_without_history_never_says_anything_twice(start_server, visitor):
    """What was on its way when the connection ended can be taken back; what was written later is sent."""
    server = start_server()
    await enter(visitor, server.http_url("/rooms/unlisted/"))
    server.send_signal(signal.SIGSTOP)
    await say(visitor, "on its way")
    await say(visitor, "behind it")
    await asyncio.to_thread(server.kill)
    await expect(messages(visitor, "unsent")).to_have_text(["on its way"])
    start_again(start_server, server)
    await expect(messages(visitor, "sent")).to_have_text(["behind it"])
    await visitor.click(".take-back:visible")
    await expect(visitor.locator("#say")).to_have_value("on its way")


async def test_only_so_much_can_wait_for_a_server_that_is_gone(start_server, visitor):
    """The message that is one too many stays in the input, and the page says why."""
    server = start_server()
    await enter(visitor, server.http_url("/rooms/lobby/"))
    await asyncio.to_thread(server.kill)
    await expect(visitor.locator("#state")).to_have_attribute("data-state", "waiting")
    for number in range(101):
        await say(visitor, f"message {number}")
    await expect(visitor.locator("#say-error")).to_contain_text("Too many of your messages")
    await expect(visitor.locator("#say")).to_have_value("message 100")
    await expect(messages(visitor, "waiting")).to_have_count(100)
