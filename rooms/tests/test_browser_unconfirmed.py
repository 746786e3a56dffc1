"""`unconfirmed.js`: what was said waits for its confirmation, in order, and is said again only where that is safe."""

import pytest_asyncio

from rtproject.tests.support.modules import Run, script_runner

SETTING = """
const { Unconfirmed, MOST, PATIENCE } = await import("/static/rooms/unconfirmed.js");
const network = new FakeNetwork();
const [sent, unsent, ids] = [[], [], {}];
const unconfirmed = new Unconfirmed(
    ({ id, text }) => { sent.push(text); ids[text] = id; return true; },
    (id) => unsent.push(Object.keys(ids).find((text) => ids[text] === id)),
    network.environment(),
);
const add = (...texts) => texts.forEach((text) => { ids[text] = unconfirmed.add(text); });
"""


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with an `Unconfirmed` on a fake network."""
    return await script_runner(page, daphne.http_url("/"), SETTING)


async def test_one_message_is_on_its_way_at_a_time(run):
    """The next one goes when the one before is confirmed, so no refusal can change their order."""
    assert await run("""
        unconfirmed.resume("me", true);
        add("one", "two", "three");
        unconfirmed.settle(ids.three + "x"); // of another page
        const told = [sent.join()];
        unconfirmed.settle(ids.one);
        told.push(sent.join());
        unconfirmed.settle(ids.two);
        return [...told, sent.join()];
    """) == ["one", "one,two", "one,two,three"]


async def test_what_is_written_outside_of_the_room_waits_for_it(run):
    """Before the first connection as between two."""
    assert await run("""
        add("early");
        const before = [...sent];
        unconfirmed.resume("me", false);
        unconfirmed.settle(ids.early);
        unconfirmed.pause();
        add("between");
        const between = [...sent];
        unconfirmed.resume("me", false);
        return [before, between, sent, unsent];
    """) == [[], ["early"], ["early", "between"], []]


async def test_what_was_on_its_way_is_said_again_under_its_id(run):
    """In a room with history, after every welcome, before what was said later."""
    assert await run("""
        unconfirmed.resume("me", true);
        add("one", "two");
        const first = ids.one;
        for (const _ of [1, 2]) {
            unconfirmed.pause();
            unconfirmed.resume("me", true);
        }
        return [sent, ids.one === first, unsent];
    """) == [["one", "one", "one"], True, []]


async def test_where_it_might_be_shown_twice_it_is_not_said_again(run):
    """In a room without history what was on its way when the connection ended is given up at once."""
    assert await run("""
        unconfirmed.resume("me", false);
        add("one", "two");
        unconfirmed.pause();
        const given = [...unsent];
        unconfirmed.resume("me", false);
        return [given, unsent, sent];
    """) == [["one"], ["one"], ["one", "two"]]


async def test_from_another_member_it_is_not_said_again(run):
    """The server would take it for another message; so does one that has stopped keeping messages."""
    for member, is_repeatable in (("other", "true"), ("me", "false")):
        told = await run(f"""
            unconfirmed.resume("me", true);
            add("one", "two");
            unconfirmed.pause();
            unconfirmed.resume("{member}", {is_repeatable});
            return [unsent, sent];
        """)
        assert told == [["one"], ["one", "two"]]


async def test_what_was_refused_for_a_while_is_said_again_after_longer_and_longer_waits(run):
    """Nothing that was said later overtakes it. A confirmation makes the waits short again."""
    assert await run("""
        unconfirmed.resume("me", false);
        add("one", "two");
        const waits = [];
        const refuse = (id) => {
            const will = unconfirmed.postpone(id);
            waits.push([will, ...network.waits]);
            network.advance(network.waits[0]);
        };
        refuse(ids.one);
        refuse(ids.one);
        unconfirmed.settle(ids.one);
        refuse(ids.two);
        return [waits, sent, unconfirmed.postpone(ids.one)];
    """) == [[[True, 1000], [True, 2000], [True, 1000]], ["one", "one", "one", "two", "two"], False]


async def test_what_was_refused_for_a_while_is_said_on_the_next_connection(run):
    """Nobody saw it, so it may be said again, also in a room without history."""
    assert await run("""
        unconfirmed.resume("me", false);
        add("one");
        unconfirmed.postpone(ids.one);
        unconfirmed.pause();
        const waits = network.waits;
        unconfirmed.resume("other", false);
        return [waits, sent, unsent];
    """) == [[], ["one", "one"], []]


async def test_without_any_answer_it_is_said_again_or_given_up(run):
    """A message that got lost on an open connection does not keep the next ones waiting."""
    script = """
        unconfirmed.resume("me", %s);
        add("one", "two");
        network.advance(PATIENCE);
        return [sent, unsent];
    """
    assert await run(script % "true") == [["one", "one"], []]
    assert await run(script % "false") == [["one", "two"], ["one"]]


async def test_only_so_many_can_wait(run):
    """Beyond that nothing is taken, until one of them is through."""
    assert await run("""
        for (let i = 0; i < MOST; i += 1) add(`text ${i}`);
        const full = unconfirmed.add("one more");
        unconfirmed.resume("me", true);
        unconfirmed.settle(ids["text 0"]);
        return [full, typeof unconfirmed.add("now")];
    """) == [False, "string"]


async def test_without_a_connection_to_come_everything_is_given_up(run):
    """All that waits is told of, in order, and nothing runs any more."""
    assert await run("""
        unconfirmed.resume("me", true);
        add("one", "two");
        unconfirmed.pause();
        unconfirmed.giveUp();
        return [unsent, network.waits];
    """) == [["one", "two"], []]


async def test_a_connection_that_is_just_ending_takes_nothing(run):
    """What could not be handed to it was not on its way."""
    assert await run("""
        let isOpen = false;
        const send = ({ text }) => isOpen && sent.push(text);
        const later = new Unconfirmed(send, (id) => unsent.push(id), network.environment());
        later.resume("me", false);
        later.add("one");
        later.pause();
        isOpen = true;
        later.resume("me", false);
        return [sent, unsent];
    """) == [["one"], []]
