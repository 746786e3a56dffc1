"""The members of one room in several processes, whatever becomes of events and of Redis."""

import asyncio
import contextlib
import random

import pytest

from rooms.presence import store
from rooms.presence.tracker import members_of
from rooms.tests.presence.processes import Process, Site
from rooms.tests.support import TIMEOUT
from rtproject.websocket.exceptions import LayerUnavailable

ACTIONS = [*["enter"] * 6, *["leave"] * 5, *["release", "wait"] * 2, "lose", "keep", "flush", "restart"]


class Scene:
    """Three processes on which things go wrong, and what the members in each were told."""

    def __init__(self, site: Site, processes: list[Process], seed: int) -> None:
        self.site = site
        self.random = random.Random(seed)  # noqa: S311 (a test)
        self.inside: dict[Process, list[str]] = {process: [] for process in processes}
        self.seen: dict[Process, set[str]] = {process: set() for process in processes}

    @property
    def members(self) -> set[str]:
        """The ids of all that are inside."""
        return set().union(*self.inside.values())

    async def play(self, action: str) -> None:
        process, members = self.random.choice(list(self.inside.items()))
        match action:
            case "enter":
                with contextlib.suppress(LayerUnavailable):
                    member, limit = self.random.choice("abcdef"), self.random.choice([None, None, 4])
                    members += [member] * (await process.enter(member, limit=limit))[0]
            case "leave" if members:
                process.leave(members.pop(self.random.randrange(len(members))), may_return=False)
            case "lose":
                lost = self.random.choice([True, False])
                self.site.loses = lambda tags: lost
            case "keep":
                self.site.keeping = True
            case "release":
                self.site.release()
            case "wait":
                await asyncio.sleep(self.random.random() / 4)
            case "flush":
                with contextlib.suppress(LayerUnavailable):
                    await store._clients()[0].ask("FLUSHALL")
        self.check()

    def check(self) -> None:
        """No client is told of a member that is there, or of the going of one that is not."""
        for process, seen in self.seen.items():
            for kind, member, _ in process.take():
                assert (member in seen) is (kind == "left")
                seen ^= {member}

    async def agree(self) -> bool:
        """Whether all know who is inside, Redis too."""
        self.check()
        with contextlib.suppress(LayerUnavailable):
            found = [process.members for process in self.inside] + list(self.seen.values())
            return all(ids == self.members for ids in [*found, {person.id for person in await members_of(1)}])
        return False


@pytest.mark.parametrize("seed", range(4))
async def test_in_the_end_every_process_knows_all_members(site, valkey, seed):
    """And the frames that members got lead to the same list."""
    scene = Scene(site, [await site.open() for _ in range(3)], seed)
    for action in scene.random.choices(ACTIONS, k=100):
        if action == "restart":
            await asyncio.to_thread(valkey.restart)
        await scene.play(action)
    site.loses = lambda tags: False
    site.release()
    async with asyncio.timeout(TIMEOUT):
        while not await scene.agree():  # noqa: ASYNC110 - no event says so
            await asyncio.sleep(0.05)
