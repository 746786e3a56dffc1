"""`conversation.js` on a network that the test plays: how what we say is confirmed, refused and said again."""

from unittest.mock import ANY

import pytest_asyncio

from rooms.tests.fake_room import SETTING
from rtproject.tests.support.modules import Run, script_runner


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with a `Conversation` on a fake network, and what is heard of it."""
    return await script_runner(page, daphne.http_url("/"), SETTING)


async def test_a_message_confirms_what_we_said(run):
    """Only our own under its id: another member may use the same one. Then the next is said."""
    assert await run("""
        enter();
        const id = conversation.say("one");
        conversation.say("two");
        network.link.tell(message(4, { id }));
        const before = said();
        network.link.tell(message(5, { id, from: ann }));
        return [before, said(), heard.map(([, , own]) => own)];
    """) == [["one"], ["one", "two"], [False, True]]


async def test_what_we_said_elsewhere_is_ours_too(run):
    """Another page of the same member has ids that this one does not know."""
    assert await run("""
        enter();
        network.link.tell(message(4, { id: "of-another-page", from: ann }));
        return heard;
    """) == [["message", "text 4", True]]


async def test_what_was_stored_before_is_confirmed_by_said(run):
    """After the connection ended under it it is said again under its id, and the answer is enough."""
    assert await run("""
        enter();
        const id = conversation.say("one");
        conversation.say("two");
        comeBack();
        welcome({ epoch: "e1", seq: 4, recovered: true });
        const again = network.link.frames;
        network.link.tell({ type: "said", id, seq: 4 });
        return [again, id, heard.at(-1), said()];
    """) == [
        [{"type": "say", "text": "one", "id": ANY}],
        ANY,
        ["said", ANY],
        ["one", "two"],
    ]


async def test_a_replay_confirms_what_we_said_before(run):
    """Also what was said as another member, where cookies are off and each connection is somebody else."""
    assert await run("""
        enter();
        const id = conversation.say("one");
        comeBack();
        const other = { ...ann, id: "a2" };
        welcome({ you: other, epoch: "e1", seq: 4, recovered: true });
        network.link.tell(message(4, { id, from: ann }));
        network.link.tell(message(5, { from: other }));
        return heard.filter(([name]) => name !== "welcome");
    """) == [["unsent", ANY], ["message", "text 4", True], ["message", "text 5", True]]


async def test_what_is_written_between_two_connections_is_said_in_order(run):
    """It keeps its place behind what was said before."""
    assert await run("""
        enter();
        const one = conversation.say("one");
        network.link.end(1006);
        const two = conversation.say("two");
        conversation.say("three");
        network.advance(1000);
        welcome({ epoch: "e1", seq: 3, recovered: true });
        network.link.tell(message(4, { id: one, from: ann }));
        network.link.tell(message(5, { id: two, from: ann }));
        return said();
    """) == ["one", "two", "three"]


async def test_a_refusal_for_a_while_is_not_final(run):
    """The message is said again after a wait; what has no message behind it is left to the page."""
    assert await run("""
        enter();
        const id = conversation.say("one");
        for (const code of ["unavailable", "rate_limited"]) {
            network.link.tell({ type: "error", code, detail: "", id });
            network.advance(2000);
        }
        network.link.tell({ type: "error", code: "unavailable", detail: "" });
        return [said(), heard];
    """) == [
        ["one", "one", "one"],
        [["error", "unavailable", False], ["error", "rate_limited", False], ["error", "unavailable", True]],
    ]


async def test_a_refusal_for_good_lets_the_next_one_go(run):
    """What is too long, no frame, said under a used id, or refused for a reason that nobody knows yet."""
    assert await run("""
        enter();
        const codes = ["too_long", "bad_frame", "id_used", "new_in_v2"];
        const ids = codes.map((code) => conversation.say(code));
        conversation.say("last");
        codes.forEach((code, i) => network.link.tell({ type: "error", code, detail: "", id: ids[i] }));
        return [said().at(-1), heard.map(([, code, isFinal]) => [code, isFinal])];
    """) == [
        "last",
        [["too_long", True], ["bad_frame", True], ["id_used", True], ["new_in_v2", True]],
    ]


async def test_a_close_for_good_ends_all_hope(run):
    """Everything that waits is not sent, and the page knows it before it hears of the close."""
    assert await run("""
        enter();
        const ids = [conversation.say("one"), conversation.say("two")];
        network.link.end(4008);
        return heard.map(([name, id]) => [name, ids.indexOf(id)]);
    """) == [["unsent", 0], ["unsent", 1]]


async def test_what_waits_is_kept_until_the_new_password_is_given(run):
    """A changed password, or a visit that lapsed, is no end: what was said is said again under its id."""
    for code in (4009, 4003):
        assert await run(f"""
            enter();
            const id = conversation.say("one");
            conversation.say("two");
            network.link.end({code});
            conversation.open();
            welcome({{ epoch: "e1", seq: 3, recovered: true }});
            const again = network.link.frames;
            network.link.tell(message(4, {{ id, from: ann }}));
            return [again.map((frame) => frame.id === id), said(), heard.filter(([name]) => name === "unsent")];
        """) == [[True], ["one", "two"], []]


async def test_an_older_message_confirms_what_we_said(run):
    """What was said long ago on a connection that ended may be found among the older ones."""
    assert await run("""
        enter(60, 61);
        const id = conversation.say("one");
        conversation.say("two");
        conversation.older();
        network.link.tell({ type: "history", messages: [message(59, { id, from: ann })], more: true });
        return said();
    """) == ["one", "two"]
