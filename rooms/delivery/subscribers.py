"""The members of one room in this process: each is written what is shown, all of it together when the loop turns."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from rooms.access.versions import can_read, can_receive
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import SendQueue

MOST_AT_ONCE = 64 * 1024  # bytes written to a member at a time


class Subscriber(Protocol):
    """Somebody who is shown a room, and the door they came in by."""

    door: str
    send_queue: SendQueue

    def end(self, code: int) -> None: ...


class Subscribers:
    """`door` is the newest that anybody spoke by. Where messages are `numbered` nobody is shown one after having missed
    another. `on_mismatch` is called when somebody should not be in the same room as who speaks."""

    def __init__(self, door: str, numbered: bool, on_mismatch: Callable[[], None]) -> None:
        self.door = door
        self._numbered = numbered
        self._on_mismatch = on_mismatch
        self._subscribers: dict[Subscriber, None] = {}  # a set that keeps the order
        self._out: list[Frame] = []
        self._out_size = 0  # in bytes

    def attach(self, subscriber: Subscriber) -> None:
        """From now on `subscriber` is shown everything."""
        self._write_out()
        self._subscribers[subscriber] = None

    def detach(self, subscriber: Subscriber) -> None:
        """It is shown nothing more."""
        self._subscribers.pop(subscriber, None)

    def show(self, frame: Frame, door: str | None = None) -> None:
        """Shows what somebody said who came in by `door`, or what is for all who are in."""
        if door is not None and door != self.door:
            self._write_out()
            self.door = door
        self._out.append(frame)
        self._out_size += len(frame)
        if self._out_size > MOST_AT_ONCE:
            self._write_out()
        elif len(self._out) == 1:
            asyncio.get_running_loop().call_soon(self._write_out)

    def _write_out(self) -> None:
        if not self._out:
            return
        frame, self._out, self._out_size = Frame.joined(self._out), [], 0
        for subscriber in list(self._subscribers):
            if subscriber.door == self.door:
                subscriber.send_queue.write(frame)
            else:
                self._write_to_other(subscriber, frame)

    def _write_to_other(self, subscriber: Subscriber, frame: Frame) -> None:
        """Writes to who came in by another door than the one who spoke, if they may hear each other."""
        if self._numbered and not can_read(subscriber.door, self.door):
            self.detach(subscriber)
            subscriber.end(CloseCode.PASSWORD_CHANGED)
        elif self._numbered or can_receive(subscriber.door, self.door):
            subscriber.send_queue.write(frame)
        else:  # one of them, or the one who spoke, is behind
            self._on_mismatch()
