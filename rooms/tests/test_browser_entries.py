"""`entries.js` and `shown.js`: whatever comes in whatever order, the page shows a stretch of it, in its order."""

import pytest_asyncio

from rtproject.tests.support.modules import Run, script_runner

SETTING = """
const { Entries } = await import("/static/rooms/entries.js");
const { MOST_SHOWN, SHOWN_AT_ONCE, Shown } = await import("/static/rooms/shown.js");
const list = document.createElement("ol");
const entries = new Entries();
const related = [];
const shown = new Shown(list, entries, {
    build: ({ name }) => Object.assign(document.createElement("li"), { textContent: name }),
    relate: (item) => related.push(item.textContent),
    onRemove: () => {},
});
const names = () => [...list.children].map(({ textContent }) => textContent);
const all = () => Array.from({ length: entries.length }, (_, index) => entries.at(index).name);
let made = 0;
const message = (name = `m${made += 1}`) => ({ name, frame: { id: name }, status: "" });
const add = (count, followed = true) => {
    for (let i = 0; i < count; i += 1) shown.added(entries.add(message()), followed);
};
const addWaiting = (name) => {
    const entry = { ...message(name), status: "sending" };
    shown.added(entries.addWaiting(entry), true);
    return entry;
};
"""


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with `Entries` and what is `Shown` of them."""
    return await script_runner(page, daphne.http_url("/"), SETTING)


async def test_what_is_on_its_way_stays_below_what_has_arrived(run):
    """In the order in which it was said; what was refused stays where it was."""
    assert await run("""
        add(1);
        const [one, two] = [addWaiting("one"), addWaiting("two")];
        add(1);
        one.status = "failed";
        add(1);
        const before = names();
        const told = [entries.isInPlace(two), entries.isInPlace(one), entries.waiting("two") === two];
        two.status = "sent";
        entries.settle(two);
        add(1);
        return [before, names(), told, entries.waiting("two") ?? null];
    """) == [
        ["m1", "m2", "one", "m3", "two"],
        ["m1", "m2", "one", "m3", "two", "m4"],
        [True, False, True],
        None,
    ]


async def test_a_beginning_leaves_what_only_the_page_knows(run):
    """What we said and the room may not have; what it had is forgotten, also under its id."""
    assert await run("""
        add(2);
        const states = ["waiting", "sending", "sent", "failed", "refused", "unsent"];
        for (const status of states) addWaiting(status).status = status;
        shown.clear();
        entries.clear();
        shown.showEnd();
        return [names(), states.map((id) => entries.waiting(id) !== undefined)];
    """) == [
        ["waiting", "sending", "failed", "refused", "unsent"],
        [True, True, False, True, True, True],
    ]


async def test_a_reader_who_left_the_end_gets_no_more_than_fits(run):
    """What comes after that waits below; a follower's oldest ones go instead."""
    assert await run("""
        add(10);
        add(1000, false);
        const told = [list.childElementCount, shown.isAtEnd, names().at(0)];
        shown.showEnd();
        told.push(list.childElementCount, shown.isAtEnd, names().at(-1));
        add(1000);
        shown.trimFirst();
        return [...told, list.childElementCount, names().at(-1)];
    """) == [300, False, "m1", 100, True, "m1010", 300, "m2010"]


async def test_any_order_of_events_leaves_a_stretch_of_the_entries_in_their_order(run):
    """Thousands of random ones: the page shows neighbours, each once, as many as it may, and knows where they are."""
    assert await run("""
        let state = 20_260_131;
        const random = (below) => (state = (state * 48_271) % 2_147_483_647) % below;
        const waiting = [];
        const steps = [
            () => add(1 + random(80), true),
            () => add(1 + random(80), false),
            () => waiting.push(addWaiting(`w${made += 1}`)),
            () => {
                const [entry] = waiting.splice(random(waiting.length + 1), 1);
                if (entry) shown.removed(entries.remove(entry), entry);
            },
            () => {
                const older = Array.from({ length: random(60) }, () => message());
                entries.addFirst(older);
                shown.addedFirst(older.length);
            },
            () => { shown.showEarlier(); shown.trimLast(); },
            () => { shown.showLater(); shown.trimFirst(); },
            () => shown.showEnd(),
            () => shown.trimFirst(),
            () => {
                const count = Math.min(random(40), shown.earlier);
                const dropped = entries.dropFirst(count);
                shown.droppedFirst(count);
                dropped.forEach((entry) => waiting.includes(entry) && waiting.splice(waiting.indexOf(entry), 1));
            },
        ];
        for (let step = 0; step < 3000; step += 1) {
            steps[random(steps.length)]();
            if (random(3)) shown.trimFirst();
            const [here, expected] = [names(), all().slice(shown.earlier, shown.earlier + list.childElementCount)];
            if (here.join() !== expected.join()) return `step ${step}: ${here} instead of ${expected}`;
            if (shown.isAtEnd !== (shown.earlier + here.length === entries.length)) return `step ${step}: the end`;
        }
        return [entries.length > MOST_SHOWN, new Set(all()).size === entries.length];
    """) == [True, True]


async def test_whoever_has_a_new_neighbour_is_looked_at_again(run):
    """The day and the name depend on the one before."""
    assert await run("""
        add(2);
        related.length = 0;
        const entry = message("new");
        addWaiting("mine");
        shown.added(entries.add(entry), true);
        const inserted = related.splice(0);
        shown.removed(entries.remove(entry), entry);
        const removed = related.splice(0);
        entries.addFirst([message("old")]);
        shown.addedFirst(1);
        shown.showEarlier();
        return [inserted, removed, related];
    """) == [["mine", "new", "mine"], ["mine"], ["old", "m1"]]
