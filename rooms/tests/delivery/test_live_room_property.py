"""A live room whatever the layer and the store may do."""

import asyncio
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rooms.delivery import live_room as module
from rooms.delivery.live_room import LiveRoom
from rooms.delivery.replay import catch_up
from rooms.tests.delivery.support import Member, Store, event, listed_room, numbers
from rooms.tests.support import until
from rtproject.websocket.tests.helpers import settle


class Scene:
    """A room, its store, the layer that brings events, and members that come and go."""

    def __init__(self, patch: pytest.MonkeyPatch, newest: int) -> None:
        self.store = Store(newest)
        self.store.stand_in(patch)
        patch.setattr(module, "PAGE", 3)
        patch.setattr(module, "MAX_AHEAD", 6)
        patch.setattr(module, "current_registry", lambda: SimpleNamespace(join=self._join))
        self.live_room = LiveRoom(listed_room(), lambda key: None)
        self.beginning = asyncio.create_task(self.live_room.begin())
        self.members: list[tuple[int, Member, asyncio.Task[None]]] = []

    async def play(self, action: str, number: int) -> None:
        match action:
            case "post":  # elsewhere
                self.store.newest += number
            case "post between":  # the two queries of the next reader
                self.store.late = number
            case "event" if self.store.newest:  # of some message, for the first time or not
                self.live_room.deliver(event(self.store.newest - number % self.store.newest))
            case "reconcile":
                self.live_room.expect(self.store.newest)
            case "turn":
                for _ in range(number):
                    await asyncio.sleep(0)
            case "gate":
                (self.store.gate.clear if number % 2 else self.store.gate.set)()
            case "fail":
                self.store.failing = bool(number % 2) and self.beginning.done()
            case "come" if self.beginning.done():  # having seen all messages but `number`
                start, member = max(0, self.live_room.delivered - number), Member()
                catching_up = asyncio.create_task(catch_up(self.live_room, member, start))
                self.members.append((start, member, catching_up))
            case "leave" if self.members:
                _, member, catching_up = self.members[number % len(self.members)]
                catching_up.cancel()
                self.live_room.subscribers.remove(member)

    async def end(self) -> None:
        """Everything works again, and the room is reconciled once more."""
        self.store.failing = False
        self.store.gate.set()
        await self.beginning
        self.store.newest, self.store.late = self.store.newest + self.store.late, 0
        await self.live_room.wait_for(self.store.newest)
        await asyncio.gather(*(task for _, _, task in self.members), return_exceptions=True)
        await until(lambda: self.live_room._repairing is None)
        await settle()

    async def _join(self, group: str, member: object) -> None:
        pass


ACTIONS = ["post", "post between", "event", "reconcile", "turn", "gate", "fail", "come", "leave"]
SCRIPTS = st.lists(
    st.tuples(st.sampled_from(["event", "post", "turn", *ACTIONS]), st.integers(0, 9)), max_size=40
)


@settings(deadline=None, max_examples=150)
@given(newest=st.integers(0, 8), script=SCRIPTS)
@example(newest=4, script=[("gate", 1), ("turn", 2), ("post", 1), ("event", 0), ("gate", 0)])
@example(newest=4, script=[("post between", 1), ("turn", 3), ("come", 1)])
def test_every_member_gets_every_message_once_in_order(newest, script):
    """Whatever is lost, repeated, reordered or late, and whichever members come and go meanwhile."""

    async def run(patch: pytest.MonkeyPatch) -> None:
        scene = Scene(patch, newest)
        for action, number in script:
            await scene.play(action, number)
        await asyncio.wait_for(scene.end(), 10)
        assert scene.live_room.delivered == scene.store.newest
        for start, member, catching_up in scene.members:
            whole = numbers(start + 1, scene.store.newest)
            if member in scene.live_room.subscribers._subscribers:
                assert member.received == whole
            else:  # it left, or came while the store was out of reach
                assert catching_up.cancelled() or isinstance(catching_up.exception(), OperationalError | None)
                assert member.received == whole[: len(member.received)]

    with pytest.MonkeyPatch.context() as patch:
        asyncio.run(run(patch))
