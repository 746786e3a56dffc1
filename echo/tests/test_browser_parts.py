"""The modules of the echo's page without the page: bytes as people write them, and round trips."""

import pytest_asyncio

from rtproject.tests.support.modules import Run, script_runner

SETTING = """
const { byteCount, formatHex, parseHex, readable } = await import("/static/echo/bytes.js");
const { RoundTrips } = await import("/static/echo/round_trips.js");
"""


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with the modules."""
    return await script_runner(page, daphne.http_url("/"), SETTING)


async def test_bytes_are_read_as_people_write_them(run):
    """With or without what stands between them, in either case; nothing is no byte at all."""
    texts = ["48656c", "48 65 6C", "0x48,0x65, 0x6c", "48:65:6c\n", "", "  "]
    assert await run(f"return {texts}.map((text) => [...parseHex(text)])") == [
        *[[0x48, 0x65, 0x6C]] * 4,
        [],
        [],
    ]


async def test_what_is_no_byte_is_not_guessed(run):
    """Half a byte, and anything else."""
    texts = ["4", "4 8", "486", "hello", "0x", "48-65", "x48"]
    assert await run(f"return {texts}.map(parseHex)") == [None] * len(texts)


async def test_bytes_are_shown_as_they_are_written(run):
    """Two digits each, also small ones."""
    assert await run("return formatHex(Uint8Array.of(0, 1, 10, 255))") == "00 01 0a ff"
    assert await run("return formatHex(new Uint8Array())") == ""


async def test_only_what_can_be_read_is_shown_as_text(run):
    """Not what is no UTF-8, and not control characters."""
    arrays = [[71, 114, 195, 188], [], [255], [195], [7], [72, 10]]
    assert await run(f"return {arrays}.map((bytes) => readable(Uint8Array.from(bytes)))") == [
        "Grü",
        "",
        None,
        None,
        None,
        None,
    ]
    assert await run("return [byteCount('Grü'), byteCount('🌍'), byteCount('')]") == [4, 4, 0]


async def test_what_comes_back_belongs_to_what_was_sent_first(run):
    """What nobody asked for belongs to nothing."""
    assert await run("""
        const trips = new RoundTrips();
        trips.sent("a", 100);
        trips.sent("b", 101);
        return [trips.received(110), trips.received(131), trips.received(132), trips.summary];
    """) == [
        {"what": "a", "trip": 10},
        {"what": "b", "trip": 30},
        None,
        {"count": 2, "fastest": 10, "median": 30, "slowest": 30},
    ]


async def test_what_is_lost_with_the_connection_is_told_once(run):
    """The next answer is of the next connection."""
    assert await run("""
        const trips = new RoundTrips();
        trips.sent("a", 0);
        trips.sent("b", 0);
        const lost = [trips.lose(), trips.lose()];
        trips.sent("c", 5);
        return [...lost, trips.received(6).what];
    """) == [["a", "b"], [], "c"]


async def test_the_figures_are_of_everything_until_they_are_forgotten(run):
    """Without a round trip there are none."""
    assert await run("""
        const trips = new RoundTrips();
        const none = trips.summary;
        for (const trip of [5, 1, 9, 3, 7]) {
            trips.sent("x", 0);
            trips.received(trip);
        }
        const all = trips.summary;
        trips.forget();
        return [none, all, trips.summary];
    """) == [None, {"count": 5, "fastest": 1, "median": 5, "slowest": 9}, None]
