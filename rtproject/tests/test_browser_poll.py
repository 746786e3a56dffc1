"""`poll.js` and `ages.js`: asking again and again while somebody looks, and how long ago something was."""

import pytest_asyncio

from rtproject.tests.support.modules import Run, script_runner

SETTING = """
const { Poll } = await import("/static/rtproject/poll.js");
const { age, showAge } = await import("/static/rtproject/ages.js");
const network = new FakeNetwork();
const states = [];
const answers = [];
let asked = 0;
let status = 200;
let answered = null; // what ends a question that is kept waiting
const poll = new Poll("/some", {
    ...network.environment(),
    every: 5000,
    onState: ({ state, until }) => states.push([state, until]),
    onAnswer: (data) => answers.push(data),
    fetch: async (path, options) => {
        asked += 1;
        if (status === "hangs") await new Promise((done) => (answered = done));
        if (status === "fails") throw new TypeError("no network");
        const json = async () => (status === "text" ? JSON.parse("<html>") : { path, cache: options.cache, asked });
        return { ok: status === 200 || status === "text", json };
    },
});
const turn = () => new Promise((done) => setTimeout(done, 0));
const pass = async (milliseconds) => {
    network.advance(milliseconds);
    await turn();
};
"""


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with a `Poll` on a fake network."""
    return await script_runner(page, daphne.http_url("/"), SETTING)


async def test_it_asks_at_a_steady_pace(run):
    """The page is as new as a first answer would be, so that one comes later; a cache compares each."""
    assert await run("""
        poll.start();
        await pass(4_999);
        const before = asked;
        await pass(1);
        await pass(5_000);
        return [before, answers, states];
    """) == [
        0,
        [{"path": "/some", "cache": "no-cache", "asked": n} for n in (1, 2)],
        [["open", 0]],
    ]


async def test_a_failure_is_told_and_makes_the_waits_longer(run):
    """Whatever it was; an answer ends it, and is told as well."""
    assert await run("""
        poll.start();
        const waits = [];
        for (const trouble of [503, "fails", 404]) {
            status = trouble;
            await pass(network.waits[0]);
            waits.push(network.waits[0]);
        }
        status = 200;
        await pass(network.waits[0]);
        return [waits, states, answers.length, network.waits];
    """) == [
        [6_000, 7_000, 9_000],
        [["open", 0], ["waiting", 11_000], ["waiting", 18_000], ["waiting", 27_000], ["open", 27_000]],
        1,
        [5_000],
    ]


async def test_an_answer_that_is_no_json_is_a_failure(run):
    """A proxy's page, say."""
    assert await run("""
        poll.start();
        status = "text";
        await pass(5_000);
        return [states.at(-1)[0], answers];
    """) == ["waiting", []]


async def test_a_page_that_nobody_sees_asks_nothing(run):
    """It does so at once when it is shown again, and then goes on as before."""
    assert await run("""
        poll.start();
        network.hide();
        await pass(600_000);
        const hidden = asked;
        network.show();
        await turn();
        const shown = asked;
        await pass(5_000);
        return [hidden, shown, asked];
    """) == [0, 1, 2]


async def test_it_asks_at_once_when_the_network_is_back(run):
    """And whenever it is asked to; but never twice at the same time."""
    assert await run("""
        poll.start();
        network.comeOnline();
        await turn();
        const online = asked;
        status = "hangs";
        poll.ask();
        poll.ask();
        network.comeOnline();
        await turn();
        const together = asked;
        status = 200;
        answered();
        await turn();
        return [online, together, network.waits];
    """) == [1, 2, [5_000]]


async def test_how_long_ago_something_was_is_said_in_words(run):
    """In the largest unit that fits; clocks that do not agree make no future."""
    seconds = [-100, 0, 44, 45, 59, 60, 119, 3_599, 3_600, 86_399, 86_400, 3 * 86_400]
    assert await run(f"return {seconds}.map((ago) => age(ago * 1000, 'en'))") == [
        "now",
        "now",
        "now",
        "1 minute ago",
        "1 minute ago",
        "1 minute ago",
        "1 minute ago",
        "59 minutes ago",
        "1 hour ago",
        "23 hours ago",
        "yesterday",
        "3 days ago",
    ]
    assert await run("return age(120_000, 'de')") == "vor 2 Minuten"


async def test_a_time_ages(run):
    """Each look shows what it is by then; after a month it is the date."""
    assert await run("""
        const time = document.createElement("time");
        time.dateTime = "2026-01-31T12:00:00Z";
        const then = Date.parse(time.dateTime);
        const shown = [0, 120_000, 40 * 86_400_000].map((ago) => {
            showAge(time, then + ago);
            return time.textContent;
        });
        return [...shown, time.title.includes("2026")];
    """) == ["now", "2 minutes ago", "Jan 31, 2026", True]
