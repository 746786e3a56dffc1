"""A channel layer that fails on demand, and members of groups."""

import asyncio
import json
from collections import defaultdict
from typing import Any

from rtproject.websocket.groups.registry import GroupEvent, GroupRegistry, broadcast
from rtproject.websocket.groups.signing import sign
from rtproject.websocket.tests.helpers import soon


class Listener:
    """A member of groups that keeps the events it receives."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[GroupEvent] = asyncio.Queue()

    def deliver(self, event: GroupEvent) -> None:
        """Take one event."""
        self.events.put_nowait(event)

    async def heard(self) -> str | None:
        """Return the text of the next event."""
        frame = (await soon(self.events.get())).frame
        return None if frame is None else frame.messages[0]["text"]

    @property
    def silent(self) -> bool:
        """Whether no event is left."""
        return self.events.empty()


async def listeners(registry: GroupRegistry, *groups: str) -> list[Listener]:
    """Join a new member to each of `groups`."""
    members = [Listener() for _ in groups]
    for group, member in zip(groups, members, strict=True):
        await registry.join(group, member)
    return members


async def assert_receives(group: str, *members: Listener) -> None:
    """Broadcast to `group` and check that each of `members` receives it next."""
    await broadcast(group, "hello")
    assert [await member.heard() for member in members] == ["hello"] * len(members)


def raw_event(text: str | None, group: str = "group") -> dict[str, Any]:
    """An event for `group` as another process puts it on the layer."""
    body = json.dumps([group, text, {}])
    return {"type": "group.event", "group": group, "body": body, "signature": sign(body)}


class Layer:
    """A channel layer of one process whose calls fail or wait on demand.

    `failing` are the names of calls that raise, `failing_once` those that raise the next time; while `gate` is not
    set, all calls that change anything wait.
    """

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.failing_once: set[str] = set()
        self.calls: list[str] = []
        self.groups: defaultdict[str, set[str]] = defaultdict(set)
        self.gate = asyncio.Event()
        self.gate.set()
        self.incoming: asyncio.Queue[dict[str, Any] | Exception] = asyncio.Queue()

    async def new_channel(self) -> str:
        """Return a channel's name."""
        await self._called("new_channel")
        return f"channel-{self.calls.count('new_channel')}"

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel to a group."""
        await self._called("group_add")
        self.groups[group].add(channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """Take a channel out of a group."""
        await self._called("group_discard")
        self.groups[group].discard(channel)

    async def group_send(self, group: str, event: dict[str, Any]) -> None:
        """Send to a group of which this process may be a member."""
        await self._called("group_send")
        if self.groups[group]:
            self.incoming.put_nowait(event)

    async def receive(self, channel: str) -> dict[str, Any]:
        """Return the next event, or raise the exception that a test put in its place."""
        event = await self.incoming.get()
        if isinstance(event, Exception):
            raise event
        return event

    async def _called(self, name: str) -> None:
        self.calls.append(name)
        await self.gate.wait()
        if name in self.failing or name in self.failing_once:
            self.failing_once.discard(name)
            raise ConnectionError("the layer is away")
