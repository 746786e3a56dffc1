"""What the dashboard makes of what it is told: of hosts, clocks, alerts, and addresses."""

import pytest
import pytest_asyncio

from pulse.tests.support import NOON
from rtproject.tests.support.modules import Run, script_runner

SETTING = f"""
const modules = ["alerts", "hosts", "link_watch", "quiet", "server_clock", "thresholds", "view"];
const loaded = await Promise.all(modules.map((name) => import(`/static/pulse/${{name}}.js`)));
const {{ Alerts, Hosts, LinkWatch, Quiet, ServerClock, Thresholds, readView, silence, viewHash }} =
    Object.assign({{}}, ...loaded);
const NOON = {NOON:.0f};
const at = (seconds) => 1000 * (NOON + seconds);
const pulse = (seconds, more = {{}}) => ({{
    host: "a", cpu: 1, at: new Date(at(seconds)).toISOString(), seq: Math.floor((NOON + seconds) / 5), interval: 5,
    ...more,
}});
const live = (now) => {{
    const hosts = new Hosts();
    hosts.connected(at(now));
    return hosts;
}};
"""


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with these modules."""
    return await script_runner(page, daphne.http_url("/"), SETTING)


async def test_a_host_is_live_then_stale_then_gone(run):
    """After 3 and 60 of its own beats, whatever they are."""
    assert (
        await run("""
        return [1, 5, 60].map((beat) => {
            const hosts = live(-1000);
            const seq = NOON / beat;
            const host = hosts.accept(pulse(0, { seq, interval: beat }), at(0));
            return [3, 3.1, 60, 60.1].map((beats) => hosts.state(host, at(beats * beat)));
        });
    """)
        == [["live", "stale", "stale", "gone"]] * 3
    )


async def test_a_link_on_which_pulses_stay_away_is_taken_for_dead(run):
    """After three beats of the slowest host and ten seconds; never before anything came, nor twice for one silence."""
    assert await run("""
        const link = new LinkWatch();
        const before = link.isDead(at(1000), 5);
        link.heard(at(-1), true);
        link.heard(at(0), false);
        const after = [24, 26].map((seconds) => link.isDead(at(seconds), 5));
        link.reset();
        return [before, ...after, link.isDead(at(1000), 5)];
    """) == [False, False, True, False]


async def test_a_link_on_which_no_pulse_came_is_given_more_time(run):
    """Three minutes: it is no wonder that hosts stay silent that were silent before, or that are not there."""
    assert await run("""
        const link = new LinkWatch();
        link.heard(at(0), false);
        const told = [189, 191].map((seconds) => link.isDead(at(seconds), 5));
        link.heard(at(200), true);
        return [...told, link.isDead(at(389), 0), link.isDead(at(391), 0)];
    """) == [False, True, False, True]


async def test_it_is_quiet_when_no_live_pulse_of_any_host_comes(run):
    """After 2.5 beats of the slowest; over a new connection too, until a pulse comes; never without a connection."""
    assert await run("""
        const quiet = new Quiet();
        const look = (seconds, beat = 5) => {
            quiet.look(at(seconds), beat);
            return quiet.isQuiet;
        };
        const told = [look(0)];
        quiet.connection("open", at(0));
        told.push(look(12), look(13, 0), look(13));
        quiet.connection("connecting", at(14));
        told.push(look(14));
        quiet.connection("open", at(15));
        told.push(look(16));
        quiet.heard(at(17));
        told.push(look(18), look(29), look(30));
        quiet.connection("waiting", at(31));
        return [...told, look(90)];
    """) == [False, False, False, True, True, True, False, False, True, False]


async def test_a_threshold_is_news_when_it_is_another(run):
    """Set, changed or taken away; frames that do not tell of thresholds, and what is no number, change none."""
    assert await run("""
        const thresholds = new Thresholds({ cpu: 90, load: "2" });
        const told = (given) => [thresholds.replace(given), thresholds.current];
        return [thresholds.current, told({ cpu: 90 }), told(undefined), told({ disk: 5, cpu: 90 }), told({ cpu: 80 })];
    """) == [
        {"cpu": 90},
        [False, {"cpu": 90}],
        [False, {"cpu": 90}],
        [True, {"disk": 5, "cpu": 90}],
        [True, {"cpu": 80}],
    ]


async def test_the_beat_is_known_from_one_pulse(run):
    """The first pulse of a worker covers less than a beat, one after missed ticks more; its number tells it."""
    assert await run("""
        return [0.2, 5, 45].map((interval) => live(0).accept(pulse(0, { interval }), at(0)).beat);
    """) == [5, 5, 5]


async def test_a_number_that_counts_no_beats_tells_none(run):
    """Then it is what the pulse covers."""
    assert await run("""
        return [1, 1e15].map((seq) => live(0).accept(pulse(0, { seq }), at(0)).beat);
    """) == [5, 5]


async def test_the_clock_of_a_machine_does_not_make_it_silent(run):
    """A live pulse has just been sent, even if the sender's clock is an hour late or early."""
    assert await run("""
        return [-3600, 3600].map((wrong) => {
            const hosts = live(-60);
            return silence(hosts.accept(pulse(wrong), at(0)), at(7));
        });
    """) == [7, 7]


async def test_a_pulse_that_was_stored_is_as_old_as_it_says(run):
    """Up to three beats: the server tells only of machines that are alive."""
    assert await run("""
        return [0, -8, -500, 300].map((age) => silence(live(0).accept(pulse(age), at(0.5)), at(0.5)));
    """) == [0, 8, 15, 0]


async def test_a_repeated_or_late_pulse_is_no_news(run):
    """Unless it is so much older that the machine's clock must have been set back."""
    assert await run("""
        const hosts = live(-60);
        const told = (seconds) => hosts.accept(pulse(seconds), at(0)) !== null;
        return [told(0), told(0), told(-5), told(-50), told(-51), told(-46)];
    """) == [True, False, False, False, True, True]


async def test_what_is_stored_of_a_host_does_not_keep_its_pulse_away(run):
    """The newest stored sample and the first pulse are often the same."""
    assert await run("""
        const hosts = live(0);
        hosts.remember("a", at(0), at(0), 5);
        const before = hosts.get("a").latest;
        return [before, hosts.accept(pulse(0), at(1)) !== null];
    """) == [None, True]


async def test_the_servers_clock_is_the_one_that_counts(run):
    """A page whose clock is ten minutes late draws what the server calls now; what is no time changes nothing."""
    assert await run("""
        const clock = new ServerClock(() => at(0));
        clock.set(NOON + 600);
        clock.set(undefined);
        return [clock.now() === at(600), clock.here(at(600)) === at(0)];
    """) == [True, True]


async def test_only_what_changes_is_news_of_an_alert(run):
    """A value is none; an alert that fires or has fired is an event, one that is pending is not."""
    assert await run("""
        const alerts = new Alerts();
        const alert = (state, value = 1) => ({ host: "a", metric: "cpu", state, value, since: "1" });
        const told = (...list) => {
            const { fired, resolved, isEvent } = alerts.replace(list);
            return [fired.length, resolved.length, isEvent, alerts.in("firing").length];
        };
        return [told(), told(alert("pending")), told(), told(alert("pending")), told(alert("firing")),
                told(alert("firing", 2)), told(alert("resolved")), told(), told(alert("resolved")),
                told(alert("firing")), told()];
    """) == [
        [0, 0, False, 0],
        [0, 0, False, 0],
        [0, 0, False, 0],
        [0, 0, False, 0],
        [1, 0, True, 1],
        [0, 0, False, 1],
        [0, 1, True, 0],
        [0, 0, False, 0],
        [0, 0, True, 0],
        [1, 0, True, 1],
        [0, 0, True, 0],
    ]


@pytest.mark.parametrize(
    ("hash", "view"),
    [
        ("", (3600, "cpu", "")),
        ("#range=300&chart=load&host=web-1", (300, "load", "web-1")),
        ("#range=301&chart=constructor&more=1", (3600, "cpu", "")),
        ("#host=a%26b%3Dc", (3600, "cpu", "a&b=c")),
    ],
)
async def test_an_address_is_a_view(run, hash, view):
    """What it does not say, or says wrong, is as usual; written again it says the same."""
    read, again = await run(f"const view = readView({hash!r}); return [view, readView(viewHash(view))];")
    assert (read["range"], read["chart"], read["host"]) == view
    assert again == read
