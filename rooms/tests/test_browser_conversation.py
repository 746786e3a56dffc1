"""`conversation.js` on a network that the test plays: what it asks of the server, and what a page hears of it."""

import pytest_asyncio

from rooms.tests.fake_room import SETTING
from rtproject.tests.support.modules import Run, script_runner


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with a `Conversation` on a fake network, and what is heard of it."""
    return await script_runner(page, daphne.http_url("/"), SETTING)


async def test_each_connection_asks_for_what_came_after_the_newest_message(run):
    """The first one for nothing, the next ones by number and epoch. The subprotocol is always offered."""
    assert await run("""
        enter();
        comeBack();
        welcome({ epoch: "e1", seq: 5, recovered: true });
        network.link.tell(message(4));
        comeBack();
        return [network.links.map(({ path }) => path), network.link.protocols];
    """) == [
        [
            "/ws/lobby?name=Ann+B",
            "/ws/lobby?name=Ann+B&since=3&epoch=e1",
            "/ws/lobby?name=Ann+B&since=4&epoch=e1",
        ],
        ["rtproject.v1"],
    ]


async def test_a_recovered_connection_goes_on_where_the_last_one_ended(run):
    """Nothing begins anew, and what is held already is not heard again."""
    assert await run("""
        enter();
        comeBack();
        welcome({ epoch: "e1", seq: 4, recovered: true });
        [3, 4, 4].forEach((seq) => network.link.tell(message(seq)));
        return heard;
    """) == [["welcome", "Ann B"], ["message", "text 4", False]]


async def test_what_cannot_be_continued_begins_anew(run):
    """The page is told before the first message, and smaller numbers than before are taken."""
    assert await run("""
        enter(7, 9);
        comeBack();
        welcome({ epoch: "e2", seq: 2, recovered: false });
        [1, 2].forEach((seq) => network.link.tell(message(seq)));
        comeBack();
        return [heard, network.link.path];
    """) == [
        [
            ["begin"],
            ["welcome", "Ann B"],
            ["message", "text 1", False],
            ["message", "text 2", False],
        ],
        "/ws/lobby?name=Ann+B&since=2&epoch=e2",
    ]


async def test_messages_that_are_missing_are_asked_for(run):
    """A number that skips ahead is not shown: a new connection brings first what is missing."""
    assert await run("""
        enter();
        const old = network.link;
        old.tell(message(6));
        welcome({ epoch: "e1", seq: 6, recovered: true });
        [4, 5, 6].forEach((seq) => network.link.tell(message(seq)));
        return [old.closedWith, network.link.path, heard.map(([, text]) => text)];
    """) == [
        1000,
        "/ws/lobby?name=Ann+B&since=3&epoch=e1",
        ["Ann B", "text 4", "text 5", "text 6"],
    ]


async def test_a_room_without_history_goes_on_without_numbers(run):
    """Nothing is asked for, nothing begins anew, and no message is taken for a known one."""
    assert await run("""
        conversation.open();
        welcome({ history: false });
        network.link.tell(message(undefined, { text: "one" }));
        comeBack();
        welcome({ history: false });
        network.link.tell(message(undefined, { text: "one" }));
        return [heard.filter(([name]) => name !== "welcome"), network.link.path, conversation.older()];
    """) == [[["message", "one", False]] * 2, "/ws/lobby?name=Ann+B", False]


async def test_older_messages_are_asked_for_from_the_oldest_on(run):
    """One question at a time, until there are no more."""
    assert await run("""
        enter(60, 61);
        const told = [conversation.hasOlder, conversation.older(), conversation.older()];
        network.link.tell({ type: "history", messages: [message(58), message(59)], more: true });
        told.push(conversation.older());
        network.link.tell({ type: "history", messages: [message(57)], more: false });
        told.push(conversation.hasOlder, conversation.older());
        return [told, network.link.frames, heard];
    """) == [
        [True, True, False, True, False, False],
        [{"type": "history", "before": 60, "limit": 50}, {"type": "history", "before": 58, "limit": 50}],
        [["older", "text 58", "text 59"], ["older", "text 57"]],
    ]


async def test_a_room_that_began_with_us_has_nothing_older(run):
    """From number 1 on there is nothing to ask for, and an answer that nobody asked for is ignored."""
    assert await run("""
        enter(1, 2);
        const told = [conversation.hasOlder, conversation.older()];
        network.link.tell({ type: "history", messages: [message(1)], more: true });
        return [told, heard];
    """) == [[False, False], []]


async def test_older_messages_can_be_asked_for_again_when_no_answer_came(run):
    """After an error, and on the next connection; not in between."""
    assert await run("""
        enter(60, 61);
        const told = [conversation.older()];
        network.link.tell({ type: "error", code: "unavailable", detail: "" });
        told.push(conversation.older());
        network.link.end(1006);
        told.push(conversation.older());
        network.advance(1000);
        welcome({ epoch: "e1", seq: 61, recovered: true });
        told.push(conversation.older());
        return told;
    """) == [True, True, False, True]


async def test_messages_that_the_page_dropped_are_asked_for_again(run):
    """An answer that would leave a hole, since something was dropped meanwhile, is ignored."""
    assert await run("""
        enter(60, 64);
        conversation.older();
        conversation.forget(62);
        network.link.tell({ type: "history", messages: [message(59)], more: false });
        const told = [...heard, conversation.hasOlder, conversation.older()];
        return [told, network.link.frames.at(-1).before];
    """) == [[True, True], 63]


async def test_a_link_that_went_silent_is_replaced(run):
    """A ping is sent when nothing comes; its answer is nobody's business, and without one the link is dead."""
    assert await run("""
        enter();
        const first = network.link;
        network.advance(10_000);
        first.tell({ type: "pong" });
        network.advance(10_000);
        const told = [first.frames, first.closedWith, network.links.length];
        network.advance(5_000 + 1_000);
        return [...told, network.links.length, heard];
    """) == [[{"type": "ping"}] * 2, None, 1, 2, []]


async def test_only_what_was_said_since_we_came_is_news(run):
    """Neither what the room brings of its past, nor older messages; without numbers everything is."""
    assert await run("""
        conversation.open();
        welcome({ epoch: "e1", seq: 3, recovered: false });
        const news = [2, 3, 4].map((seq) => conversation.isNews(message(seq)));
        comeBack();
        welcome({ epoch: "e1", seq: 9, recovered: true });
        return [...news, conversation.isNews(message(8)), conversation.isNews(message(undefined))];
    """) == [False, False, True, True, True]


async def test_other_frames_are_handed_on_and_what_is_none_is_ignored(run):
    """A page may know more frames than the conversation does."""
    assert await run("""
        enter();
        network.link.tell({ type: "notice", text: "tea" });
        const noFrames = ["no JSON", "null", "[]", '{"type": 1}', new ArrayBuffer(3)];
        noFrames.forEach((data) => network.link.onmessage({ data }));
        network.link.tell({ type: "toString" });
        return heard;
    """) == [["frame", "notice"], ["frame", "toString"]]
