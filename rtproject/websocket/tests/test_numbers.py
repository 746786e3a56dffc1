"""Numbers on events: a hole in those of one sender is a loss, and nothing else is."""

import asyncio
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproject.websocket import numbers
from rtproject.websocket.numbers import Heard, publish
from rtproject.websocket.tests.helpers import settle, soon

# Two processes that have one import in common.
FORKED = """
import asyncio
import os
from rtproject.websocket.numbers import publish

async def show(group, event):
    os.write(1, event["by"].encode() + b"\\n")

child = os.fork()
asyncio.run(publish(show, "group", {}))
if child:
    os.waitpid(child, 0)
"""


class Transport:
    """A `group_send` that takes what it is given, or raises while it is `broken`."""

    def __init__(self):
        self.sent = []
        self.broken = False

    async def group_send(self, group, event):
        await asyncio.sleep(0)
        if self.broken:
            raise ConnectionError("away")
        self.sent.append((group, event["number"]))


@pytest.fixture(autouse=True)
def _nothing_sent(monkeypatch):
    monkeypatch.setattr(numbers, "_sent", type(numbers._sent)())


@pytest.fixture
async def wire():
    """What events are sent over."""
    return Transport()


class TestPublish:
    async def test_each_group_is_numbered_by_itself(self, wire):
        """1, 2, 3 … for each group."""
        for group in ("a", "b", "a", "a", "b"):
            await publish(wire.group_send, group, {})
        assert wire.sent == [("a", 1), ("b", 1), ("a", 2), ("a", 3), ("b", 2)]

    async def test_the_group_that_was_silent_longest_is_forgotten(self, wire, monkeypatch):
        """Strangers name the groups, so their number is bounded; a forgotten one begins again."""
        monkeypatch.setattr(numbers, "MOST_GROUPS", 2)
        for group in ("a", "b", "a", "c"):
            await publish(wire.group_send, group, {})
        assert len(numbers._sent) == 2
        for group in ("a", "b"):
            await publish(wire.group_send, group, {})
        assert wire.sent[-2:] == [("a", 3), ("b", 1)]

    async def test_what_was_not_sent_uses_up_no_number(self, wire):
        """An outage whose every victim was told leaves no hole, however many there were at one time."""
        await publish(wire.group_send, "a", {})
        wire.broken = True
        calls = [publish(wire.group_send, "a", {}) for _ in range(5)]
        failures = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(failure) for failure in failures] == [ConnectionError] * 5
        wire.broken = False
        await publish(wire.group_send, "a", {})
        assert wire.sent == [("a", 1), ("a", 2)]

    async def test_what_is_sent_at_one_time_has_different_numbers(self, wire):
        """They are in the order of the calls, and nothing waits for another."""
        await asyncio.gather(*(publish(wire.group_send, "a", {}) for _ in range(5)))
        assert wire.sent == [("a", number) for number in range(1, 6)]

    async def test_a_number_beside_a_failure_is_not_given_twice(self, wire):
        """While anything is on its way the numbers go on, so what is said at one time cannot be mistaken."""
        go_on = asyncio.Event()

        async def late(group, event):
            await go_on.wait()
            await wire.group_send(group, event)

        async def fail(group, event):
            raise ConnectionError("away")

        one = asyncio.create_task(publish(late, "a", {}))
        await settle()
        with pytest.raises(ConnectionError):
            await publish(fail, "a", {})
        await publish(wire.group_send, "a", {})
        go_on.set()
        await soon(one)
        await publish(wire.group_send, "a", {})
        assert wire.sent == [("a", 3), ("a", 1), ("a", 4)]

    async def test_who_gives_up_uses_up_no_number(self, wire):
        """A call that was cancelled, as one that took too long is, leaves the next its number."""

        async def hang(group, event):
            await asyncio.Event().wait()

        call = asyncio.create_task(publish(hang, "a", {}))
        await settle()
        call.cancel()
        await asyncio.wait({call})
        await publish(wire.group_send, "a", {})
        assert wire.sent == [("a", 1)]

    def test_processes_that_are_forked_have_names_of_their_own(self):
        """A server that imports first and forks then would otherwise mix the numbers of its workers."""
        shown = subprocess.run(
            [sys.executable, "-c", FORKED], capture_output=True, check=True, encoding="utf-8"
        )
        assert len(set(shown.stdout.split())) == 2


class TestHeard:
    def test_who_is_heard_for_the_first_time_left_nothing_out(self):
        """A process that was there before us has said much that was not for us."""
        assert Heard().gap_before("sender", 1000) == 0

    def test_a_hole_is_as_large_as_what_is_missing(self):
        """Each missing number counts once."""
        heard = Heard()
        assert [heard.gap_before("sender", number) for number in (5, 6, 9, 10, 12)] == [0, 0, 2, 0, 1]

    def test_senders_are_apart(self):
        """What one process says leaves no hole in what another says."""
        heard = Heard()
        events = [("a", 1), ("b", 7), ("a", 2), ("b", 8), ("a", 4)]
        assert [heard.gap_before(*event) for event in events] == [0, 0, 0, 0, 1]

    def test_a_sender_that_begins_again_left_nothing_out(self):
        """Numbers that start at 1 again, since the sender forgot the group, are no hole."""
        heard = Heard()
        assert [heard.gap_before("sender", number) for number in (8, 9, 1, 2)] == [0, 0, 0, 0]

    @settings(deadline=None)
    @given(st.sets(st.integers(2, 99)))
    def test_whatever_is_dropped_is_counted(self, dropped):
        """However the losses lie, their sum is exact."""
        heard = Heard()
        kept = [number for number in range(1, 101) if number not in dropped]
        assert sum(heard.gap_before("sender", number) for number in kept) == len(dropped)
