"""The members of one room in several processes, whatever the layer may do."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.presence import backends
from rooms.tests.presence.processes import Process, Site

ACTIONS = ("enter", "leave", "lose", "keep", "shuffle", "repeat", "away", "advance", "open", "close")
SCRIPTS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 11)), max_size=30)


class Scene(Site):
    """A site on which things go wrong, and the connections in each process."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__(patch)
        self.inside: dict[Process, list[str]] = {}

    async def play(self, action: str, number: int) -> None:
        processes = list(self.inside)
        process = processes[number % len(processes)] if processes else None
        connections = self.inside.get(process, []) if process else []
        match action:
            case "enter" if process:
                process.enter("abcd"[number % 4])
                connections.append("abcd"[number % 4])
            case "leave" if process and connections:
                process.leave(connections.pop(number % len(connections)))
            case "lose":
                self.loses = (lambda tags: True) if number % 2 else (lambda tags: False)
            case "keep":
                self.keeping = True
            case "shuffle":
                self.release(self.kept[number:] + self.kept[:number][::-1])
            case "repeat" if self.published:
                self.deliver(self.published[-1 - number % len(self.published)])
            case "away":
                self.away = bool(number % 2)
            case "advance":
                await self.clock.advance(number**2 / 10)
            case "open" if len(processes) < 4:
                self.processes.append(opened := Process(1))
                await self.clock.finish(opened.presence.begin())
                self.inside[opened] = []
            case "close" if process and len(processes) > 1:
                process.leave(*self.inside.pop(process))
                await self.clock.advance(3.1)
                await process.presence.close()
                self.processes.remove(process)

    async def end(self) -> None:
        """Everything works again, for long enough."""
        self.away, self.loses = False, lambda tags: False
        self.release()
        await self.clock.advance(4 * backends.HEARTBEAT_SECONDS)


@settings(deadline=None, max_examples=60)
@given(SCRIPTS)
def test_in_the_end_every_process_knows_all_members(script):
    """Whatever was lost, repeated or reordered; and the frames that members got lead to the same list."""

    async def run(patch: pytest.MonkeyPatch) -> None:
        scene = Scene(patch)
        for action, number in [("open", 0), ("open", 0), *script]:
            await scene.play(action, number)
        await scene.end()
        members = {member for connections in scene.inside.values() for member in connections}
        for process in scene.inside:
            assert process.members == members
            seen: set[str] = set()
            for kind, member, count in process.take():
                assert (member in seen) is (kind == "left")
                seen ^= {member}
                assert count <= 4
            assert seen == members

    with pytest.MonkeyPatch.context() as patch:
        asyncio.run(run(patch))
