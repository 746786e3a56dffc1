"""`socket.js` on a network that the test plays: when it comes back, and when it does not."""

import pytest_asyncio

from rtproject.tests.support.modules import Run, script_runner

SETTING = """
const { Socket, TIMES, reconnectRule } = await import("/static/rtproject/socket.js");
const network = new FakeNetwork();
const states = [];
const make = (address, options = {}) =>
    new Socket(address, { ...network.environment(), onState: (change) => states.push(change), ...options });
// A socket whose link was up for so many milliseconds before each of the codes ended it; returns the waits.
const endings = (codes, up = 0) => {
    make("/echo").open();
    return codes.map((code) => {
        network.link.accept();
        network.advance(up);
        network.link.end(code);
        const { delay } = states.at(-1);
        if (delay !== undefined) network.advance(delay);
        return delay ?? null;
    });
};
"""


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


async def test_only_a_link_that_held_makes_the_waits_short_again(run):
    """A server that accepts and closes at once is not asked faster for it."""
    assert await run("return endings([1006, 1006, 1006], TIMES.stable - 1)") == [1000, 2000, 4000]
    assert await run("return endings([1006, 1006, 1006], TIMES.stable)") == [1000, 1000, 1000]


async def test_at_once_is_spread_too_and_believed_once(run):
    """A server that says it over and over is backed off from."""
    assert await run("return endings([4200, 4200, 1012])") == [250, 2000, 4000]


async def test_a_code_that_says_never_is_obeyed(run):
    """The socket is closed, nothing runs any more, and only `open` dials again."""
    assert await run("""
        const socket = make("/echo");
        socket.open();
        network.link.accept();
        network.link.end(4003);
        const after = [states.at(-1), network.waits, network.links.length];
        socket.open();
        return [...after, network.links.length];
    """) == [{"state": "closed", "code": 4003}, [], 1, 2]


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


async def test_a_link_that_was_dropped_is_not_heard_any_more(run):
    """After `reopen` only the new link counts, whatever the old one still says."""
    assert await run("""
        const heard = [];
        const socket = make("/echo", { onMessage: (data) => heard.push(data) });
        socket.open();
        const old = network.link;
        old.accept();
        socket.reopen();
        old.onmessage({ data: "old" });
        old.onclose({ code: 1000 });
        network.link.accept();
        network.link.onmessage({ data: "new" });
        return [old.closedWith, heard, states.map(({ state }) => state), network.links.length];
    """) == [1000, ["new"], ["connecting", "open", "connecting", "open"], 2]


async def test_nothing_is_sent_unless_the_link_is_open(run):
    """`send` says whether it sent."""
    assert await run("""
        const socket = make("/echo");
        const told = [socket.send("closed")];
        socket.open();
        told.push(socket.send("connecting"));
        network.link.accept();
        told.push(socket.send("open"));
        network.link.end(1006);
        told.push(socket.send("waiting"));
        return [told, network.link.sent];
    """) == [[False, False, True, False], ["open"]]


async def test_a_browser_that_is_offline_waits_long_until_it_is_not(run):
    """It tries soon when it is back, unless the server asked for the wait. A local server is always reachable."""
    assert await run("""
        network.isOnline = false;
        make("ws://elsewhere.example/echo").open();
        network.link.end(1006);
        const offline = network.waits;
        network.comeOnline();
        const back = network.waits;
        network.advance(back[0]);
        network.link.end(4101);
        const asked = network.waits;
        network.comeOnline();
        return [offline, back, network.waits.join() === asked.join()];
    """) == [[30000], [250], True]
    assert await run("network.isOnline = false; return endings([1006])") == [1000]
