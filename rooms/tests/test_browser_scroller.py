"""`scroller.js`: whether a reader is at the end of a list that changes under them."""

import pytest_asyncio

from rtproject.tests.support.modules import Run, script_runner

SETTING = """
const { Scroller } = await import("/static/rooms/scroller.js");
const log = document.createElement("div");
log.style.cssText = "height: 200px; overflow-y: auto; overflow-anchor: none";
document.body.append(log);
const add = (height) => {
    const item = document.createElement("div");
    item.style.height = `${height}px`;
    log.append(item);
    return item;
};
for (let i = 0; i < 20; i += 1) add(50);
const last = add(50);
const frame = () => new Promise(requestAnimationFrame);
const settled = async () => { for (let i = 0; i < 3; i += 1) await frame(); };
const below = () => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight);
const scroller = new Scroller(log, { isWhole: () => true, onFollow() {}, onTop() {}, onBottom() {} });
scroller.toEnd();
await settled();
"""


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with a `Scroller` whose reader is at the end."""
    return await script_runner(page, daphne.http_url("/"), SETTING)


async def test_who_is_at_the_end_stays_there_when_it_grows(run):
    """However many come in one frame."""
    assert await run("""
        for (let i = 0; i < 3; i += 1) { add(50); scroller.grows(); }
        await settled();
        return [scroller.follows, below()];
    """) == [True, 0]


async def test_what_gets_smaller_before_it_grows_leads_nobody_away(run):
    """The browser moves the log up then, which looks as if its reader had: a message that is sent takes less room."""
    assert await run("""
        last.style.height = "32px";
        const moved = log.scrollTop; // the browser lays it out now
        for (let i = 0; i < 3; i += 1) { add(50); scroller.grows(); }
        await settled();
        return [scroller.follows, below()];
    """) == [True, 0]


async def test_who_goes_up_is_not_led_back(run):
    """Also when something comes in the same moment."""
    assert await run("""
        log.scrollTop -= 100;
        add(50);
        scroller.grows();
        await settled();
        add(50);
        scroller.grows();
        await settled();
        return [scroller.follows, below()];
    """) == [False, 200]
