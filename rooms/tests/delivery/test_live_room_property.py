"""A live_room under whatever the layer and the store may do."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rooms.delivery import live_room as module
from rooms.delivery.live_room import LiveRoom
from rooms.delivery.replay import catch_up
from rooms.tests.listeners import Member, Store, event, listed_room, numbers, until
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

    async def say(self, count: int) -> None:
        """So many messages are stored, somewhere."""
        self.store.newest += count

    async def say_between(self, count: int) -> None:
        """The same, between the two queries of whoever reads next."""
        self.store.late = count

    async def hear(self, which: int) -> None:
        """The layer brings some message, for the first time or not."""
        if self.store.newest:
            self.live_room.deliver(event(self.store.newest - which % self.store.newest))

    async def look(self, _: int) -> None:
        """The enforcement tells what is stored."""
        self.live_room.expect(self.store.newest)

    async def turn(self, count: int) -> None:
        """The event loop turns so many times."""
        for _ in range(count):
            await asyncio.sleep(0)

    async def close_gate(self, closed: int) -> None:
        """Whoever reads has to wait, or does not any more."""
        (self.store.gate.clear if closed % 2 else self.store.gate.set)()

    async def fail(self, failing: int) -> None:
        """The store is out of reach, or is not any more."""
        self.store.failing = bool(failing % 2) and self.beginning.done()

    async def come(self, back: int) -> None:
        """A member comes who has seen all but so many."""
        if self.beginning.done():
            start = max(0, self.live_room.delivered - back)
            member = Member()
            self.members.append((start, member, asyncio.create_task(catch_up(self.live_room, member, start))))

    async def leave(self, which: int) -> None:
        """A member goes."""
        if self.members:
            _, member, catching_up = self.members[which % len(self.members)]
            catching_up.cancel()
            self.live_room.subscribers.remove(member)

    async def end(self) -> None:
        """Everything works again, and the enforcement looks once more."""
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


ACTIONS: dict[str, Callable[[Scene, int], object]] = {
    name: getattr(Scene, name)
    for name in ("say", "say_between", "hear", "look", "turn", "close_gate", "fail", "come", "leave")
}
SCRIPTS = st.lists(
    st.tuples(st.sampled_from(["hear", "say", "turn", *ACTIONS]), st.integers(0, 9)), max_size=40
)


async def play(scene: Scene, script: list[tuple[str, int]]) -> None:
    """Plays one scene to its end."""
    for name, number in script:
        await getattr(scene, name)(number)
    await asyncio.wait_for(scene.end(), 10)


@settings(deadline=None, max_examples=150)
@given(newest=st.integers(0, 8), script=SCRIPTS)
@example(newest=4, script=[("close_gate", 1), ("turn", 2), ("say", 1), ("hear", 0), ("close_gate", 0)])
@example(newest=4, script=[("say_between", 1), ("turn", 3), ("come", 1)])
def test_everybody_sees_every_number_once_in_order(newest: int, script: list[tuple[str, int]]) -> None:
    """Whatever is lost, repeated, reordered or late, and whoever comes and goes meanwhile."""

    async def run(patch: pytest.MonkeyPatch) -> None:
        scene = Scene(patch, newest)
        await play(scene, script)
        assert scene.live_room.delivered == scene.store.newest
        for start, member, catching_up in scene.members:
            whole = numbers(start + 1, scene.store.newest)
            if member in scene.live_room.subscribers._subscribers:
                assert member.heard == whole
            else:  # it left, or came while the store was out of reach
                assert catching_up.cancelled() or isinstance(catching_up.exception(), OperationalError | None)
                assert member.heard == whole[: len(member.heard)]

    with pytest.MonkeyPatch.context() as patch:
        asyncio.run(run(patch))
