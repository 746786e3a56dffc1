"""`socket.js` and what happens around it: the network goes and comes, the page is hidden, shown and put to sleep."""

import pytest_asyncio

from rtproject.tests.support.fake_socket import SETTING
from rtproject.tests.support.modules import Run, script_runner

HEARTBEAT = """
const heartbeat = { message: "ping" };
const times = (count, data) => network.link.sent.filter((sent) => sent === data).length === count;
"""


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with `Socket` and a fake network."""
    return await script_runner(page, daphne.http_url("/"), SETTING + HEARTBEAT)


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


async def test_a_hidden_page_tries_once_soon_and_then_seldom(run):
    """So somebody who looks elsewhere misses little by a restart, and does not hammer a server that is down."""
    assert await run("network.hide(); return endings([4200, 1006, 1006])") == [250, 62000, 64000]
    assert await run("network.hide(); return endings([1006, 1006], TIMES.stable)") == [1000, 1000]


async def test_a_page_that_is_shown_tries_at_once(run):
    """Whatever it was waiting for; also one that was not hidden when it began to wait."""
    assert await run("""
        network.hide();
        endings([1006]);
        network.link.end(1006);
        const hidden = network.waits;
        network.show();
        const shown = [last().state, network.links.length];
        network.link.end(1006);
        const seen = network.waits;
        return [hidden, shown, seen];
    """) == [[62000], ["connecting", 3], [4000]]


async def test_a_wait_that_the_server_asked_for_is_not_cut_short(run):
    """A page that is shown waits as long as it would have if somebody had looked all the time."""
    assert await run("""
        network.hide();
        endings([4101]);
        network.link.end(4101);
        const hidden = network.waits;
        network.advance(500);
        network.show();
        const shown = [network.waits, last().delay];
        network.hide();
        network.show();
        return [hidden, ...shown, network.waits];
    """) == [[62000], [1500], 1500, [1500]]


async def test_a_silent_link_is_asked_and_given_up(run):
    """Some 14 seconds after the last sign of life; it counts as a lost connection."""
    assert await run("""
        opened({ heartbeat });
        network.advance(9_000);
        hear("hello");
        network.advance(9_999);
        const before = [...network.link.sent];
        network.advance(1);
        const asked = [...network.link.sent];
        network.advance(3_999);
        const patient = last().state;
        const dead = network.link;
        network.advance(1);
        return [before, asked, patient, dead.closedWith, last().state, last().code, heard];
    """) == [[], ["ping"], "open", 1000, "waiting", 1006, ["hello"]]


async def test_anything_at_all_is_a_sign_of_life(run):
    """Not only the answer; and a link on which much is said is not asked."""
    assert await run("""
        opened({ heartbeat });
        network.advance(10_000);
        hear("something else");
        network.advance(9_999);
        for (let i = 0; i < 20; i += 1) {
            hear("chatter");
            network.advance(5_000);
        }
        return [last().state, network.link.sent, network.waits.length];
    """) == ["open", ["ping"], 1]


async def test_the_page_does_not_see_the_answers(run):
    """`isAnswer` knows them; each link is asked anew, by a message that is made for it."""
    assert await run("""
        let number = 0;
        const message = () => `ping ${(number += 1)}`;
        opened({ heartbeat: { every: 3_000, timeout: 1_000, message, isAnswer: (data) => data.startsWith("pong") } });
        network.advance(3_000);
        hear("pong 1");
        hear("news");
        network.advance(3_000);
        network.link.end(1006);
        network.advance(1_000);
        network.link.accept();
        network.advance(3_000);
        return [network.links.map(({ sent }) => sent), heard, last().state];
    """) == [[["ping 1", "ping 2"], ["ping 3"]], ["news"], "open"]


async def test_a_server_that_speaks_by_itself_is_only_listened_to(run):
    """Without a message nothing is sent, and silence is enough."""
    assert await run("""
        opened({ heartbeat: { every: 15_000, timeout: 0 } });
        network.advance(14_999);
        const before = last().state;
        network.advance(1);
        return [before, last().state, network.links[0].sent];
    """) == ["open", "waiting", []]


async def test_without_a_heartbeat_silence_is_no_reason(run):
    """It is on only where it was asked for."""
    assert await run("""
        opened();
        network.advance(3_600_000);
        network.show();
        network.comeOnline();
        return [last().state, network.link.sent, network.waits];
    """) == ["open", [], []]


async def test_a_page_that_slept_asks_again_before_it_believes_the_silence(run):
    """What came meanwhile is heard only after the timers that are too late."""
    assert await run("""
        opened({ heartbeat });
        network.advance(10_000);
        network.pause(60_000);
        network.advance(0);
        const awake = [last().state, [...network.link.sent]];
        hear("the answer that had come long ago");
        network.advance(9_000);
        return [...awake, last().state];
    """) == ["open", ["ping", "ping"], "open"]


async def test_a_page_that_always_sleeps_finds_a_dead_link_nevertheless(run):
    """Browsers wake a hidden page once a minute; a link that is silent then, again and again, is dead."""
    assert await run("""
        opened({ heartbeat });
        network.advance(10_000);
        const told = [1, 2, 3].map(() => {
            network.pause(60_000);
            network.advance(0);
            return last().state;
        });
        return [told, network.links[0].sent];
    """) == [["open", "open", "waiting"], ["ping", "ping", "ping"]]


async def test_a_link_is_asked_at_once_when_there_is_reason_to_doubt_it(run):
    """The page is shown again, or the network is back: a laptop may have slept, or be elsewhere by now."""
    assert await run("""
        opened({ heartbeat });
        network.advance(1_000);
        network.hide();
        network.show();
        const shown = [...network.link.sent];
        network.comeOnline();
        const once = [...network.link.sent];
        hear("here");
        network.comeOnline();
        network.advance(4_000);
        return [shown, once, network.links[0].sent, last().state];
    """) == [["ping"], ["ping"], ["ping", "ping"], "waiting"]


async def test_a_clock_that_is_set_back_does_not_stop_the_heartbeat(run):
    """The next look is never further away than the time between two."""
    assert await run("""
        opened({ heartbeat });
        network.advance(5_000);
        hear("hello");
        network.pause(-3_600_000);
        network.advance(3_600_000 + 20_000);
        return [network.links[0].sent.length > 0, network.links.length > 1];
    """) == [True, True]


async def test_nothing_is_asked_after_the_end(run):
    """A socket that was closed runs no timer and listens to nothing."""
    assert await run("""
        const socket = opened({ heartbeat });
        network.advance(10_000);
        socket.close(3000);
        const closing = network.waits;
        network.link.end(3000);
        network.show();
        network.comeOnline();
        network.advance(60_000);
        return [closing, network.waits, network.link.sent, network.links.length];
    """) == [[], [], ["ping"], 1]


async def test_the_browsers_own_parts_are_taken_where_none_are_given(run):
    """Its clock, its network, its page, and what ends listening to them."""
    assert await run("""
        const { network: real, page, now, setTimeout, clearTimeout, random } = environment();
        const told = [];
        const ends = [real.onOnline(() => told.push("online")), page.onShown(() => told.push("shown"))];
        const happen = () => {
            window.dispatchEvent(new Event("online"));
            document.dispatchEvent(new Event("visibilitychange"));
        };
        happen();
        ends.forEach((end) => end());
        happen();
        clearTimeout(setTimeout(() => told.push("cleared"), 0));
        await new Promise((done) => setTimeout(done, 0));
        return [told, real.isOnline(), page.isHidden(), now() <= Date.now(), random() < 1];
    """) == [["online", "shown"], True, False, True, True]
