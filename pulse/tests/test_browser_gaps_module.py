"""When the dashboard asks for kept samples again, by the module that decides it."""

import pytest_asyncio

from pulse.tests.support import NOON
from rtproject.tests.support.modules import Run, script_runner

# `waits` are the delays, in ms, of the questions that were planned, `plans` those that still are.
SETTING = f"""
const {{ Gaps }} = await import("/static/pulse/gaps.js");
const NOON = {NOON:.0f};
const at = (seconds) => 1000 * (NOON + seconds);
let now = at(0);
let asked = 0;
const waits = [];
const plans = [];
Date.now = () => now;
window.setTimeout = (run, delay) => plans.push(run) && waits.push(delay);
window.clearTimeout = () => plans.splice(0);
const gaps = new Gaps(() => (asked += 1));
const host = (seconds) => ({{ name: "a", at: at(seconds), beat: 5 }});
const heard = (seconds, gap) => gaps.heard(host(seconds), host(seconds - gap), (now = at(seconds)));
const loaded = (last, ...live) => {{
    const hosts = last === undefined ? {{}} : {{ a: {{ last: NOON + last }} }};
    gaps.loaded({{ now: now / 1000, range: 300, hosts }}, live, now);
}};
"""


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with this module, in time that does not pass by itself."""
    return await script_runner(page, daphne.http_url("/"), SETTING)


async def test_a_gap_is_asked_about_a_little_later_and_not_too_often(run):
    """Two beats are none; what comes while a question is planned, or was kept when it was asked, asks no other."""
    assert await run("""
        gaps.heard(host(0), undefined, at(0));
        heard(0, 10);
        heard(0, 12.5);
        for (let other = 0; other < 50; other += 1) heard(1, 15);
        now = at(3);
        plans.pop()();
        loaded(5);
        heard(15, 500);
        heard(20, 15);
        loaded(20);
        return [asked, waits, plans.length];
    """) == [1, [2_000, 13_000], 0]


async def test_what_is_kept_is_asked_for_until_it_has_caught_up(run):
    """It may lag behind what came live, after an outage of the store; a host that is not in it has nothing there."""
    assert await run("""
        for (const [kept, seconds] of [[0, 12], [0, 13], [20, 40], [50, 55], [undefined, 60]]) {
            now = at(seconds);
            loaded(kept, host(seconds));
            plans.pop()?.();
        }
        return [asked, waits];
    """) == [3, [2_000, 3_000, 10_000]]


async def test_a_clock_that_is_wrong_is_not_taken_for_a_gap(run):
    """What a host measured by a clock that is ahead or far behind is not among the samples of a range."""
    assert (
        await run("""
        for (const wrong of [-3600, -290, 13, 3600]) loaded(undefined, host(wrong));
        loaded(3600, host(3600));
        return waits;
    """)
        == []
    )
