"""The subscribers of one room, which get the frames of a turn of the loop in one write."""

import asyncio
from collections.abc import Callable, Collection
from typing import Protocol

from rooms.access.versions import AccessVersion, can_read, can_receive
from rooms.protocol import Person
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.counters import traffic
from rtproject.websocket.throttling.rates import Rate, SlidingWindow
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import SendQueue
from rtproject.websocket.utils.loop_local import loop_local

# By the ids of members, which differ from room to room: those that others were told of.
typists = loop_local(lambda: SlidingWindow(Rate(1, 3.0)))

MAX_WRITE = 64 * 1024  # bytes written to a subscriber at a time


class Subscriber(Protocol):
    """A connection that is shown a room, and the access version that it was admitted by."""

    access: AccessVersion
    member: Person
    send_queue: SendQueue

    def end(self, code: int) -> None: ...


class Subscribers:
    """The subscribers of one room in this process.

    Where messages are `numbered`, message n+1 is never sent to a subscriber that missed n. `access` is the
    version that the last sender was admitted by. `on_mismatch` is called when a subscriber and a sender
    should not be in the same room, so one of them, or this process, has missed a change.
    """

    def __init__(self, access: AccessVersion, numbered: bool, on_mismatch: Callable[[], None]) -> None:
        self.access = access
        self._numbered = numbered
        self._on_mismatch = on_mismatch
        self._subscribers: dict[Subscriber, None] = {}  # a set that keeps its order
        self._pending: list[Frame] = []
        self._pending_size = 0  # in bytes

    def add(self, subscriber: Subscriber) -> None:
        """Write every frame to `subscriber` from now on."""
        self._flush()
        self._subscribers[subscriber] = None

    def remove(self, subscriber: Subscriber) -> None:
        """Write nothing more to `subscriber`."""
        self._subscribers.pop(subscriber, None)

    def disconnect(self, members: Collection[str]) -> None:
        """End the connections of the members of these ids; an empty one is everybody's."""
        for subscriber in list(self._subscribers):
            if "" in members or subscriber.member.id in members:
                subscriber.end(CloseCode.KICKED)

    def write(self, frame: Frame, access: AccessVersion | None = None) -> None:
        """Write a frame to all.

        `access` is that of the sender of a message, or None if the frame is for everybody.
        """
        if access is not None and access != self.access:
            self._flush()
            self.access = access
        self._pending.append(frame)
        self._pending_size += len(frame)
        if self._pending_size > MAX_WRITE:
            self._flush()
        elif len(self._pending) == 1:
            asyncio.get_running_loop().call_soon(self._flush)

    def tell_typing(self, frame: Frame, access: AccessVersion, typist: str) -> None:
        """Write a frame that says that the member of the id `typist` is writing: to the others, once in 3 seconds."""
        if not typists().take(typist):
            return
        self._flush()
        for subscriber in list(self._subscribers):
            if subscriber.member.id != typist and can_receive(subscriber.access, access):
                subscriber.send_queue.write(frame)

    def _flush(self) -> None:
        if not self._pending:
            return
        frame, self._pending, self._pending_size = Frame.joined(self._pending), [], 0
        count = len(self._subscribers)
        traffic.count_out(count * len(frame.messages), count * len(frame))
        for subscriber in list(self._subscribers):
            if subscriber.access == self.access:
                subscriber.send_queue.write_uncounted(frame)
            else:
                self._write_across_versions(subscriber, frame)

    def _write_across_versions(self, subscriber: Subscriber, frame: Frame) -> None:
        """Write to a subscriber admitted by another version than the sender, if the rules allow it."""
        if self._numbered and not can_read(subscriber.access, self.access):
            self.remove(subscriber)
            subscriber.end(CloseCode.PASSWORD_CHANGED)
        elif self._numbered or can_receive(subscriber.access, self.access):
            subscriber.send_queue.write_uncounted(frame)
        else:
            self._on_mismatch()
