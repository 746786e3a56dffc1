"""One client of a room, written from docs/protocol.md alone."""

import asyncio
import contextlib
import json
import random
import socket
import struct
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.protocol import State

from benchmarks.client import TEXT, encode
from benchmarks.destruction.record import Frame, Record

NO_CODE = 1006
RECONNECT_AT_ONCE = {1001, 1012, *range(4200, 4300)}
NEVER_RECONNECT = range(4000, 4100)
JITTER = 0.3  # seconds within which clients reconnect at once
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds; it doubles in between
STEADY = 2.0  # seconds that a connection has to last before the next pause is the first one again
MOST_PENDING = 20  # messages without an answer; no new ones are sent then
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: a close is a reset


class Room:
    """The messages that any client of the run has received, and an event for all changes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.messages: dict[int, Frame] = {}
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Wake all that wait."""
        self._changed.set()

    async def wait_until(self, holds: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until it holds, for at most `seconds`. Returns whether it does."""
        try:
            async with asyncio.timeout(seconds):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True


class Client:
    """A member of the room that reconnects, by any of `ports`, whenever its connection ends.

    `codes` counts how connections ended. `options` are those of `Record`.
    """

    def __init__(self, name: str, room: Room, ports: Sequence[int], seed: int, **options: Any) -> None:
        self.name = name
        self.record = Record(name, room.messages, **options)
        self.codes: Counter[int] = Counter()
        self.room, self._ports = room, ports
        self._rng = random.Random(f"{seed} {name}")  # noqa: S311 - chance that can be repeated
        self._connection: ClientConnection | None = None  # after its welcome
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Whether the client is in the room."""
        return self._connection is not None and self._connection.state is State.OPEN

    @property
    def settled(self) -> bool:
        """Whether the client is in the room, and all its messages are confirmed."""
        return self.connected and not self.record.pending

    async def run(self) -> None:
        """Stay in the room until this is cancelled, or the server forbids to reconnect."""
        loop, failures = asyncio.get_running_loop(), 0
        while True:
            began = loop.time()
            code = await self._connect_once()
            if code is not None:
                self.codes[code] += 1
            if code in NEVER_RECONNECT:
                self.record.problems.append(f"denied for good with {code}")
                return
            failures = 0 if loop.time() - began > STEADY else failures + 1
            longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures, 9))
            await asyncio.sleep(self._rng.uniform(0, JITTER if code in RECONNECT_AT_ONCE else longest))

    async def send_messages(self, rate: float) -> None:
        """Send `rate` new messages a second, at random times, until this is cancelled."""
        while True:
            await asyncio.sleep(self._rng.expovariate(rate))
            if len(self.record.pending) < MOST_PENDING:
                self._send_later(self._new_message())

    def cut(self, rng: random.Random) -> None:
        """Cut the connection in the middle of a message's frame, or right behind it."""
        assert self._connection is not None
        transport = self._connection.transport
        frame = encode(TEXT, self._attempt(self._new_message()).encode())
        end = len(frame) if rng.random() < 0.3 else rng.randrange(1, len(frame))
        transport.write(frame[:end])
        if rng.random() < 0.5:
            connected: socket.socket = transport.get_extra_info("socket")
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        transport.abort()
        self._connection = None

    async def _connect_once(self) -> int | None:
        """Stay until the connection ends. Returns its close code, or None if it was never open."""
        welcomed = False
        try:
            async with connect(self._url(), max_queue=None, proxy=None, close_timeout=2) as connection:
                while True:
                    frame = json.loads(await connection.recv())
                    if (frame["type"] == "welcome") is welcomed:
                        self.record.problems.append(f"{frame['type']} comes first, or a second time")
                    welcomed = True
                    self._receive(frame, connection)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else NO_CODE
        except (OSError, InvalidHandshake):
            return None
        finally:
            self._connection = None
            self.room.changed()

    def _url(self) -> str:
        key = f"key-of-{self.name}".ljust(16, "-")
        query = urlencode({"key": key, "name": self.name, **self.record.position})
        return f"ws://127.0.0.1:{self._rng.choice(self._ports)}/ws/{self.room.name}?{query}"

    def _receive(self, frame: Frame, connection: ClientConnection) -> None:
        try:
            self._handle(frame, connection)
        except (KeyError, TypeError) as error:
            self.record.problems.append(f"{error!r} in {frame}")
        self.room.changed()

    def _handle(self, frame: Frame, connection: ClientConnection) -> None:
        match frame["type"]:
            case "welcome":
                self.record.welcome(frame)
                self._connection = connection
                # Some clients send again at once, into the replay, others when it may have confirmed the message.
                pause = self._rng.choice((0.0, 0.5))
                for own in self.record.pending:
                    self._send_later(own, pause)
            case "message":
                self.record.message(frame)
            case "said":
                self.record.confirm(frame["id"], frame["seq"])
            case "joined" | "left":
                self.record.presence(frame["type"])
            case "error" if frame["code"] in ("unavailable", "rate_limited"):
                if frame["code"] == "rate_limited" or self.record.refuse(frame["id"]):
                    self._send_later(frame["id"], self._rng.uniform(0.2, 1.0))
            case "error":
                self.record.problems.append(f"error {frame['code']}: {frame['detail']}")

    def _new_message(self) -> str:
        return self.record.new_message(self._rng.choice((0, 0, 0, 100, 1000, 4000)))

    def _send_later(self, own: str, pause: float = 0.0) -> None:
        task = asyncio.create_task(self._send(own, pause))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, own: str, pause: float) -> None:
        """Send a message, unless it is answered by then; without a connection the next welcome does."""
        await asyncio.sleep(pause)
        if self._connection is not None and own in self.record.pending:
            with contextlib.suppress(ConnectionClosed):
                await self._connection.send(self._attempt(own))

    def _attempt(self, own: str) -> str:
        return json.dumps(self.record.attempt(own), ensure_ascii=False)
