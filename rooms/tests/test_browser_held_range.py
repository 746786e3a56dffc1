"""`held_range.js`: which messages a page holds, and what it makes of the next one."""

import pytest_asyncio

from rtproject.tests.support.modules import Run, script_runner

SETTING = """
const { HeldRange } = await import("/static/rooms/held_range.js");
const held = new HeldRange();
const place = (...numbers) => numbers.map((seq) => held.place(seq));
"""


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with a `HeldRange`."""
    return await script_runner(page, daphne.http_url("/"), SETTING)


async def test_without_numbers_every_message_is_the_next(run):
    """In a room without history nothing is known, missing, or older."""
    assert await run("""
        held.begin(null);
        return [place(undefined, undefined), held.position, held.oldest, held.hasOlder];
    """) == [["next", "next"], None, None, False]


async def test_the_first_message_begins_wherever_it_is(run):
    """From then on each number is taken once, and the newest is where to resume."""
    assert await run("""
        held.begin({ epoch: "e", seq: 43 });
        const before = held.position;
        return [before, place(42, 43, 43, 41, 44), held.position, held.oldest, held.hasOlder];
    """) == [None, ["next", "next", "known", "known", "next"], {"since": 44, "epoch": "e"}, 42, True]


async def test_an_empty_room_can_be_resumed_from_its_beginning(run):
    """So that a message said while the connection is away is not mistaken for an old one."""
    assert await run("""
        held.begin({ epoch: "e", seq: 0 });
        const before = held.position;
        return [before, place(2, 1), held.hasOlder];
    """) == [{"since": 0, "epoch": "e"}, ["gap", "next"], False]


async def test_a_gap_is_asked_for_once_at_each_place(run):
    """What the server leaves out a second time it does not have, and what comes after it is taken."""
    assert await run("""
        held.begin({ epoch: "e", seq: 1 });
        return [place(1, 3), place(3), place(4, 6), held.position.since, place(5, 6)];
    """) == [["next", "gap"], ["next"], ["next", "gap"], 4, ["next", "next"]]


async def test_older_messages_move_the_beginning_until_there_are_no_more(run):
    """An answer without more ends it, also an empty one; a room that lost its oldest does not begin at 1."""
    assert await run("""
        held.begin({ epoch: "e", seq: 90 });
        place(90);
        const told = [[held.oldest, held.hasOlder]];
        for (const [seq, more] of [[50, true], [20, false]]) {
            held.extend(seq, more);
            told.push([held.oldest, held.hasOlder]);
        }
        return told;
    """) == [[90, True], [50, True], [20, False]]
    assert await run("""
        held.begin({ epoch: "e", seq: 90 });
        place(90);
        held.extend(undefined, false);
        return [held.oldest, held.hasOlder];
    """) == [90, False]


async def test_what_was_dropped_is_older_again(run):
    """Dropping what was never held, or is dropped already, changes nothing."""
    assert await run("""
        held.begin({ epoch: "e", seq: 3 });
        held.forget(7);
        place(1, 2, 3);
        const told = [];
        for (const seq of [0, 2, 1]) {
            held.forget(seq);
            told.push([held.oldest, held.hasOlder]);
        }
        return told;
    """) == [[1, False], [3, True], [3, True]]


async def test_another_numbering_begins_with_nothing(run):
    """What was known of the old one says nothing about the new one."""
    assert await run("""
        held.begin({ epoch: "old", seq: 9 });
        place(9);
        held.extend(undefined, false);
        held.begin({ epoch: "new", seq: 5 });
        const before = [held.position, held.oldest];
        return [...before, place(5), held.position, held.hasOlder];
    """) == [None, None, ["next"], {"since": 5, "epoch": "new"}, True]
