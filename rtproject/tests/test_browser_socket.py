"""`socket.js` on a network that the test plays: its states, when it comes back, and when it does not."""

import pytest_asyncio

from rtproject.tests.support.fake_socket import SETTING
from rtproject.tests.support.modules import Run, script_runner


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with `Socket` and a fake network."""
    return await script_runner(page, daphne.http_url("/"), SETTING)


async def test_the_ranges_of_the_close_codes_say_what_to_do(run):
    """Also codes that the client does not know; the standard ones count as one of ours."""
    codes = [4000, 4003, 4099, 4100, 4199, 4200, 4299, 4300, 1000, 1001, 1005, 1006, 1011, 1012, 1013]
    rules = await run(f"return {codes}.map(reconnectRule)")
    assert rules == ["never"] * 3 + ["backoff"] * 2 + ["at once"] * 2 + [
        "backoff",
        "backoff",
        "at once",
        "backoff",
        "backoff",
        "backoff",
        "at once",
        "backoff",
    ]


async def test_the_waits_double_up_to_a_cap_and_are_spread(run):
    """Each wait is a random part of a time that grows with each failure."""
    assert await run("return endings([1006, 1006, 4103, 1006, 1006, 1006])") == [
        1000, 2000, 4000, 8000, 15000, 15000
    ]  # fmt: skip
    assert await run("network.random = 0.25; return endings([1006, 1006])") == [500, 1000]
    assert await run("return [backoff(0, () => 0), backoff(1000, () => 0.5)]") == [0, 15000]


async def test_only_a_link_that_held_makes_the_waits_short_again(run):
    """A server that accepts and closes at once is not asked faster for it."""
    assert await run("return endings([1006, 1006, 1006], TIMES.stable - 1)") == [1000, 2000, 4000]
    assert await run("return endings([1006, 1006, 1006], TIMES.stable)") == [1000, 1000, 1000]


async def test_at_once_is_spread_too_and_believed_once(run):
    """A server that says it over and over is backed off from."""
    assert await run("return endings([4200, 4200, 1012])") == [250, 2000, 4000]


async def test_a_wait_says_when_it_ends(run):
    """So a page can count down; in any other state there is nothing to wait for."""
    assert await run("""
        const socket = make();
        socket.open();
        network.advance(5000);
        network.link.end(1006);
        const waiting = [last(), socket.until];
        network.advance(1000);
        return [...waiting, last(), socket.until];
    """) == [
        {"state": "waiting", "code": 1006, "delay": 1000, "until": 6000},
        6000,
        {"state": "connecting"},
        None,
    ]


async def test_a_code_that_says_never_is_obeyed(run):
    """The socket is closed, nothing runs or listens any more, and only `open` dials again."""
    assert await run("""
        const socket = opened();
        const listening = network.listeners;
        network.link.end(4003);
        const after = [last(), network.waits, listening, network.listeners, network.links.length];
        socket.open();
        return [...after, network.links.length, network.listeners];
    """) == [{"state": "closed", "code": 4003}, [], 2, 0, 1, 2, 2]


async def test_an_attempt_that_nobody_answers_has_failed(run):
    """A server that cannot be reached may not even refuse."""
    assert await run("""
        make().open();
        const silent = network.link;
        network.advance(TIMES.connect);
        return [silent.closedWith, last().state, last().code, last().delay];
    """) == [1000, "waiting", 1006, 1000]


async def test_the_address_is_asked_before_each_attempt(run):
    """So what it tells can change while the link is away."""
    assert await run("""
        let number = 0;
        const socket = make(() => `/echo?number=${number += 1}`);
        socket.open();
        network.link.end(1006);
        number = 10;
        socket.open();
        return network.links.map((link) => link.path);
    """) == ["/echo?number=1", "/echo?number=11"]


async def test_an_address_of_a_page_becomes_one_of_a_socket(run):
    """With TLS where the page has it; an address that is one already stays."""
    assert await run("""
        const bases = ["https://site.example/rooms/?a=1", "http://[::1]:8000/"];
        return [...bases.map((base) => socketUrl("/echo", base)), socketUrl("wss://other.example/x")];
    """) == ["wss://site.example/echo", "ws://[::1]:8000/echo", "wss://other.example/x"]


async def test_open_does_nothing_where_there_is_a_link(run):
    """Neither while one is being made, nor while one is open."""
    assert await run("""
        const socket = make();
        socket.open();
        socket.open();
        network.link.accept();
        socket.open();
        return [network.links.length, states.map(({ state }) => state)];
    """) == [1, ["connecting", "open"]]


async def test_a_link_that_was_dropped_is_not_heard_any_more(run):
    """After `reopen` only the new link counts, whatever the old one still says."""
    assert await run("""
        const socket = opened();
        const old = network.link;
        socket.reopen();
        old.onmessage({ data: "old" });
        old.onclose({ code: 1000 });
        network.link.accept();
        hear("new");
        return [old.closedWith, heard, states.map(({ state }) => state), network.links.length];
    """) == [1000, ["new"], ["connecting", "open", "connecting", "open"], 2]


async def test_nothing_is_sent_unless_the_link_is_open(run):
    """`send` says whether it sent."""
    assert await run("""
        const socket = make();
        const told = [socket.send("closed")];
        socket.open();
        told.push(socket.send("connecting"));
        network.link.accept();
        told.push(socket.send("open"));
        network.link.end(1006);
        told.push(socket.send("waiting"));
        return [told, network.link.sent];
    """) == [[False, False, True, False], ["open"]]


async def test_an_open_link_is_closed_with_the_code_that_was_asked_for(run):
    """What comes back is told, whatever it would mean otherwise, and nothing follows."""
    assert await run("""
        const socket = opened();
        socket.close(4321);
        const asked = [network.link.closedWith, socket.state, socket.send("late")];
        hear("on its way");
        network.link.end(4200);
        socket.close();
        return [...asked, heard, last(), network.waits, network.listeners, states.length];
    """) == [4321, "closing", False, ["on its way"], {"state": "closed", "code": 4200}, [], 0, 4]


async def test_a_code_that_may_not_be_sent_changes_nothing(run):
    """The browser's error reaches the caller, and the link stays."""
    assert await run("""
        const socket = opened();
        try { socket.close(1006); } catch (error) { return [error.name, socket.state, socket.send("on")]; }
    """) == ["RangeError", "open", True]


async def test_without_an_open_link_it_is_closed_at_once(run):
    """While connecting, while waiting, and while closing it can be opened again."""
    assert await run("""
        const socket = make();
        socket.close();
        socket.open();
        socket.close();
        socket.open();
        network.link.end(1006);
        socket.close();
        socket.open();
        network.link.accept();
        socket.close(3000);
        const closing = network.link;
        socket.open();
        closing.end(3000);
        return [states.map(({ state }) => state), network.links.length];
    """) == [
        [
            "connecting",
            "closed",
            "connecting",
            "waiting",
            "closed",
            "connecting",
            "open",
            "closing",
            "connecting",
        ],
        4,
    ]
