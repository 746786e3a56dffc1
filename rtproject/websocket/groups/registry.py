"""Groups of the channel layer with process-local fan-out.

Stock Channels gives each connection a channel of its own, so a broadcast costs a copy, a queue and a wake-up for every
member. Here the process has one channel. It joins a group of the layer with its first local member and leaves it with
the last; one task receives each event once, and every local member gets the same finished frame. The layer still
supplies the groups, so any process can publish.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Protocol

import msgspec
from channels.layers import InMemoryChannelLayer, get_channel_layer

from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.health import HEARTBEAT_SECONDS, LayerHealth
from rtproject.websocket.groups.layer import ask_layer, renew_layer
from rtproject.websocket.groups.signing import is_signed, sign
from rtproject.websocket.lifecycle import run_in_background
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.utils.flood_log import FloodLog
from rtproject.websocket.utils.log_text import cause
from rtproject.websocket.utils.loop_local import loop_local

logger = logging.getLogger(__name__)

RETRY_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)  # between attempts to receive from a layer that fails
MAX_AT_ONCE = 100  # events that are handled in one turn of the loop
EVENT = "group.event"  # the type of events of this site

_decoder = msgspec.json.Decoder(tuple[str, str | None, dict[str, Any]])


@dataclass(frozen=True)
class GroupEvent:
    """An event of a group: `text` for the clients, or None, and `tags` for our own code."""

    text: str | None
    tags: dict[str, Any]

    @cached_property
    def frame(self) -> Frame:
        """The text as a frame, encoded at the first use. Raises TypeError if there is none."""
        if self.text is None:
            raise TypeError("an event without text has no frame")
        return Frame(self.text)


class GroupMember(Protocol):
    """A local member of a group. `deliver` must neither wait nor raise."""

    def deliver(self, event: GroupEvent) -> None: ...


async def broadcast(group: str, text: str | None, **tags: Any) -> None:
    """Deliver an event to every member of `group` in every process.

    Clients get the text as it is. `group` is a layer's name: under 100 of A-Z a-z 0-9 - _ . and never user
    input as it is. Tags are small values that the layer can serialize: numbers, strings, booleans, None.
    Raises LayerUnavailable.
    """
    body = msgspec.json.encode((group, text, tags)).decode()
    event = {"type": EVENT, "group": group, "body": body, "signature": sign(body)}
    await ask_layer(get_channel_layer().group_send(group, event))


async def _until_done(work: Callable[[], Awaitable[None]]) -> None:
    """Repeat `work` while the layer is out of reach."""
    while True:
        try:
            return await work()
        except LayerUnavailable:
            await asyncio.sleep(HEARTBEAT_SECONDS)


@dataclass(slots=True)
class Group:
    """The local members of one group, and whether this process has joined it on the layer."""

    members: dict[GroupMember, None] = field(default_factory=dict)  # a set that keeps the order of joining
    joined: bool = False
    channel: str = ""  # of this process, by which its events come
    receiver: asyncio.Task[None] | None = None  # of that channel, if it is an open group's own


OPEN = "!"  # no name of the layer has one


def open_group(name: str) -> str:
    """Return the registry's name of a group that takes events of other code, as the tags of an event without text.

    Such an event does not tell its group, so an open group has a channel of its own.
    """
    return name + OPEN


class GroupRegistry:
    """The groups of one process. Use `current_registry()`; there is one for each event loop."""

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}
        self._lock = asyncio.Lock()  # one change of membership at a time: joins and leaves do not cross
        self._channel: str | None = None
        self._broken_events = FloodLog()
        self._failing_members = FloodLog()

    async def join(self, name: str, member: GroupMember) -> None:
        """Add `member` to the group, and return when it receives the events.

        If it raises LayerUnavailable, `member` was not added.
        """
        group = self._groups.setdefault(name, Group())
        group.members[member] = None
        if group.joined:
            return
        try:
            await self._update_membership(name)
        except BaseException:
            group.members.pop(member, None)
            if not group.members and not group.joined:
                self._groups.pop(name, None)
            raise

    async def leave(self, name: str, member: GroupMember) -> None:
        """Remove `member` from the group. Leaving twice does nothing."""
        group = self._groups.get(name)
        if group is None or member not in group.members:
            return
        del group.members[member]
        if not group.members:
            with contextlib.suppress(LayerUnavailable):  # then a newcomer gets the same error
                await self._update_membership(name)

    def is_alone(self, name: str, member: GroupMember) -> bool:
        """Return whether an event of the group would come to `member` and to no one else, in no process."""
        layer, group = get_channel_layer(), self._groups.get(name)
        if type(layer) is not InMemoryChannelLayer or group is None or len(group.members) != 1:
            return False
        return member in group.members and layer.groups.get(name, {}).keys() == {group.channel}

    async def _update_membership(self, name: str) -> None:
        """Join or leave the group on the layer, to match the local members."""
        async with self._lock:
            group = self._groups.get(name)
            if group is None:
                return
            if group.members and not group.joined:
                await self._enter(name, group)
                group.joined = True
            if not group.members:
                if group.joined:
                    group.joined = False
                    await self._exit(name, group)
                if not group.members:  # no member came meanwhile
                    del self._groups[name]

    async def _enter(self, name: str, group: Group) -> None:
        layer = get_channel_layer()
        if self._channel is None:
            own: str = await ask_layer(layer.new_channel())
            self._channel = own
            health = LayerHealth(layer, own)
            receiver = self._run_receiver(own, partial(self._deliver, health))
            run_in_background(self._look_after(health, receiver), "layer health")
        is_open = name.endswith(OPEN)
        channel: str = await ask_layer(layer.new_channel()) if is_open else self._channel
        await ask_layer(layer.group_add(name.removesuffix(OPEN), channel))
        group.channel = channel
        if is_open:
            group.receiver = self._run_receiver(channel, partial(self._deliver_open, group))

    async def _exit(self, name: str, group: Group) -> None:
        if group.receiver is not None:
            group.receiver.cancel()
        try:
            await ask_layer(get_channel_layer().group_discard(name.removesuffix(OPEN), group.channel))
        except LayerUnavailable as error:
            # The layer may go on sending events of the group; `_deliver` drops them.
            logger.warning("could not leave a group: %s", cause(error))

    async def _look_after(self, health: LayerHealth, receiver: asyncio.Task[None]) -> None:
        """Join all groups again, with a channel of another name, when the layer has failed."""
        await health.until_unhealthy()
        logger.error("the channel layer does not reach every process any more: all groups are joined again")
        await _until_done(self._resubscribe)
        receiver.cancel()
        # Concurrently: a shard that is out of reach must not delay the others.
        await asyncio.gather(*(_until_done(partial(self._update_membership, name)) for name in self._groups))

    async def _resubscribe(self) -> None:
        async with self._lock:
            await renew_layer()  # under the lock, since it drops what joins in between
            self._channel = None
            for group in self._groups.values():
                group.joined = False
                if group.receiver is not None:
                    group.receiver.cancel()

    def _run_receiver(self, channel: str, deliver: Callable[[Any], None]) -> asyncio.Task[None]:
        return run_in_background(self._receive(channel, deliver), "group receiver")

    async def _receive(self, channel: str, deliver: Callable[[Any], None]) -> None:
        """Deliver the events of a channel of this process, until the task is cancelled."""
        failures = 0
        for number in itertools.count(1):
            if number % MAX_AT_ONCE == 0:
                await asyncio.sleep(0)  # `receive` does not suspend while events are waiting
            try:
                raw = await get_channel_layer().receive(channel)
            except (TypeError, ValueError):  # it cannot be deserialized
                raw = None
            except Exception as error:
                if failures == 0:
                    logger.error("cannot receive from the channel layer: %s", cause(error))
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
                continue
            failures = 0
            try:
                deliver(raw)
            except Exception:  # nothing of it can be relied on
                self._broken_events.report(
                    "events on the channel layer that this site did not send are ignored"
                )

    def _deliver(self, health: LayerHealth, raw: Any) -> None:
        """Deliver an event to its group. Raises whatever comes of one that this site did not send."""
        health.received.add(raw["group"])
        group = self._groups.get(raw["group"])
        if group is not None:
            self._pass_on(group, _verified(raw))

    def _deliver_open(self, group: Group, raw: Any) -> None:
        self._pass_on(group, _verified(raw) if raw["type"] == EVENT else GroupEvent(None, raw))

    def _pass_on(self, group: Group, event: GroupEvent) -> None:
        for member in list(group.members):
            try:
                member.deliver(event)
            except Exception as error:  # an error in one member must not cost the others the event
                self._failing_members.report("a member failed to handle an event", error=error)


def _verified(raw: Any) -> GroupEvent:
    """Return the event that a process of this site sent. Raises whatever comes of another one."""
    if not is_signed(raw["body"], raw["signature"]):
        raise ValueError("the signature is wrong")
    name, text, tags = _decoder.decode(raw["body"])
    if name != raw["group"]:
        raise ValueError("the event is of another group")
    return GroupEvent(text, tags)


current_registry = loop_local(GroupRegistry)
