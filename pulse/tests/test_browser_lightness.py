"""What the dashboard keeps in memory: bounded, however long it is open and however many machines there are."""

import pytest_asyncio

from pulse.tests.support import NOON
from rtproject.tests.support.modules import Run, script_runner

HOSTS = 50
BEAT = 5  # seconds

# The page's clock and its WebSocket, in the test's hands; the screen is drawn as often as it wants.
PLAYED = """
let now = 1_800_000_000_000;
Date.now = () => now;
window.WebSocket = class {
    readyState = 1;
    constructor() {
        window.link = this;
        queueMicrotask(() => this.onopen());
    }
    close() {}
};
const frame = (host, at, number) => JSON.stringify({
    type: "pulse", host, at: new Date(at).toISOString(), seq: Math.floor(at / 5000), interval: 5,
    cpu: number % 100, cores: [1, 2, 3, 4].map((core) => (number * core) % 100), load: [1, 1, 1],
    memory: { percent: number % 90, used: 1e9, total: 2e9 }, swap: { percent: 0, used: 0, total: 0 },
    disk: { percent: 40, used: 4e10, total: 1e11 }, network: { sent: number, received: 9 * number }, uptime: number,
});
window.play = async (beats, hosts) => {
    for (let beat = 0; beat < beats; beat += 1) {
        now += 5000;
        for (let host = 0; host < hosts; host += 1) link.onmessage({ data: frame(`host-${host}`, now, beat + host) });
        if (beat % 6 === 0) await new Promise(requestAnimationFrame);
    }
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
};
"""
SETTING = """
const { Samples } = await import("/static/pulse/samples.js");
const { Hosts, HOSTS_KEPT } = await import("/static/pulse/hosts.js");
const at = (seconds) => 1_800_000_000_000 + 1000 * seconds;
const pulse = (host, seconds, cpu = 10) => ({
    type: "pulse", host, cpu, at: new Date(at(seconds)).toISOString(), seq: 360_000_000 + seconds / 5, interval: 5,
});
const feed = (samples) => {
    const hosts = new Hosts();
    for (let second = 0; second < 10_800; second += 5) samples.add(hosts.accept(pulse("a", second), at(second)));
};
const known = (samples, name) => {
    const series = samples.of(name);
    const numbers = Array.from({ length: 2000 }, (_, i) => series.newest - i);
    return numbers.filter((number) => !Number.isNaN(series.mean("cpu", number))).length;
};
"""
COUNTS = """() => ({
    elements: document.querySelectorAll("*").length,
    tiles: document.querySelectorAll("#hosts article").length,
    longest: Math.max(...[...document.querySelectorAll("#hosts .line")].map((line) => line.getAttribute("d").length)),
})"""


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with the stores of the page."""
    return await script_runner(page, daphne.http_url("/"), SETTING)


async def test_fifty_hosts_make_the_page_no_larger_with_time(daphne, page):
    """As many elements, and lines as long, after three ranges as after one; every host still has one card."""
    await page.add_init_script(PLAYED)
    nothing = {"now": NOON, "range": 3600, "step": 30, "hosts": {}}
    await page.route("**/dashboard/samples/**", lambda route: route.fulfill(json=nothing))
    await page.goto(daphne.http_url("/dashboard/#range=300"))
    await page.wait_for_function("Boolean(window.link)")
    await page.evaluate("([beats, hosts]) => play(beats, hosts)", [330 // BEAT, HOSTS])
    full = await page.evaluate(COUNTS)
    assert full["tiles"] == HOSTS
    await page.evaluate("([beats, hosts]) => play(beats, hosts)", [600 // BEAT, HOSTS])
    later = await page.evaluate(COUNTS)
    assert (later["elements"], later["tiles"]) == (full["elements"], HOSTS)
    assert later["longest"] <= 1.1 * full["longest"]


async def test_a_range_keeps_what_it_shows_and_no_more(run):
    """After three hours: of each range only its own samples."""
    assert await run("""
        return [300, 3600, 86400].map((range) => {
            const samples = new Samples(range);
            feed(samples);
            return [known(samples, "a"), samples.of("a").length];
        });
    """) == [[61, 61], [121, 121], [36, 289]]


async def test_a_very_fast_beat_is_kept_coarser(run):
    """Of a tenth of a second no chart has a pixel for each."""
    assert await run("""
        const samples = new Samples(300);
        for (let tick = 0; tick < 6000; tick += 1) {
            samples.add({ name: "a", latest: { cpu: tick % 7 }, at: at(tick / 10), beat: 0.1 });
        }
        return [samples.of("a").length, known(samples, "a")];
    """) == [721, 721]


async def test_what_is_put_in_again_after_a_change_of_range_is_bounded(run):
    """Of the live pulses the last five minutes are kept for it."""
    assert (
        await run("""
        const samples = new Samples(86400);
        feed(samples);
        samples.load(300, null, () => 5);
        return known(samples, "a");
    """)
        == 60
    )


async def test_hosts_that_come_without_end_push_out_the_longest_silent(run):
    """Machines with a new name at each start do not fill the page; their samples go with them."""
    assert await run("""
        const samples = new Samples(3600);
        const hosts = new Hosts();
        for (let n = 0; n < HOSTS_KEPT + 50; n += 1) samples.add(hosts.accept(pulse(`h-${n}`, 5 * n), at(5 * n)));
        samples.keep((name) => hosts.get(name) !== undefined);
        return [hosts.all().length, hosts.get("h-49"), samples.of("h-49"), hosts.get("h-50") !== undefined,
                samples.of("h-50") !== undefined];
    """) == [200, None, None, True, True]


async def test_what_was_silent_for_a_day_is_forgotten(run):
    """Its samples are deleted on the server, too."""
    assert await run("""
        const hosts = new Hosts();
        hosts.accept(pulse("old", 0), at(0));
        hosts.accept(pulse("new", 60), at(60));
        return [hosts.forgetBefore(at(30)), hosts.all().map(({ name }) => name)];
    """) == [["old"], ["new"]]
