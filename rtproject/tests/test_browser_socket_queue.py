"""What `socket.js` keeps of what is sent while there is no link."""

import pytest_asyncio

from rtproject.tests.support.fake_socket import SETTING
from rtproject.tests.support.modules import Run, script_runner

WELCOME = """
const isWelcome = (data) => data === "welcome";
"""


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with `Socket` and a fake network."""
    return await script_runner(page, daphne.http_url("/"), SETTING + WELCOME)


async def test_what_is_sent_without_a_link_goes_out_with_the_next_one(run):
    """In order, and before what is sent because the link is open. Before `open()` there is no next one."""
    assert await run("""
        const socket = make("/echo", {
            queue: { frames: 3 },
            onState: ({ state }) => state === "open" && socket.send("now"),
        });
        const told = [socket.send("too early")];
        socket.open();
        told.push(socket.send("connecting"));
        network.link.end(1006);
        told.push(socket.send("waiting"), socket.queued);
        network.advance(1000);
        network.link.accept();
        return [told, network.link.sent, socket.queued];
    """) == [[False, True, True, 2], ["connecting", "waiting", "now"], 0]


async def test_a_queue_that_is_full_says_so(run):
    """By the number of frames or by their size; nothing that it has is lost for it."""
    assert await run("""
        const socket = make("/echo", { queue: { frames: 3, size: 10 } });
        socket.open();
        const all = ["four", new Uint8Array(7), new ArrayBuffer(6), "", "one too many"];
        const told = all.map((data) => socket.send(data));
        network.link.accept();
        return [told, network.link.sent.map((data) => data.byteLength ?? data)];
    """) == [[True, False, True, True, False], ["four", 6, ""]]


async def test_room_in_the_queue_comes_back(run):
    """What went out takes none any more."""
    assert await run("""
        const socket = make("/echo", { queue: { frames: 1, size: 4 } });
        socket.open();
        const told = [socket.send("1234"), socket.send("")];
        network.link.accept();
        network.link.end(1006);
        told.push(socket.send("5678"), socket.queued);
        return told;
    """) == [True, False, True, 1]


async def test_what_can_never_be_sent_is_given_back(run):
    """A code that says never, or `close()`; after a close that we asked for nothing is taken."""
    assert await run("""
        const socket = make("/echo", { queue: { frames: 9 } });
        socket.open();
        socket.send("one");
        socket.send("two");
        network.link.end(4003);
        const never = unsent.splice(0);
        socket.open();
        socket.send("three");
        socket.close();
        return [never, unsent, socket.queued, socket.send("four")];
    """) == [["one", "two"], ["three"], 0, False]


async def test_an_open_link_is_not_yet_welcome(run):
    """A server may have to accept somebody to turn them away: what is kept waits until it is sure that it arrives."""
    assert await run("""
        const socket = opened({ queue: { frames: 9 }, isWelcome });
        socket.send("one");
        hear("not yet");
        network.link.end(4101);
        network.advance(1000);
        network.link.accept();
        const before = [...network.link.sent, socket.queued];
        hear("welcome");
        socket.send("two");
        return [before, network.links.map(({ sent }) => sent), heard];
    """) == [[1], [[], ["one", "two"]], ["not yet", "welcome"]]


async def test_without_a_queue_nothing_is_sent_before_the_welcome(run):
    """Each link has to say it anew."""
    assert await run("""
        const socket = opened({ isWelcome });
        const told = [socket.send("early")];
        hear("welcome");
        told.push(socket.send("in"));
        socket.reopen();
        network.link.accept();
        told.push(socket.send("early again"));
        return [told, network.links.map(({ sent }) => sent)];
    """) == [[False, True, False], [["in"], []]]
