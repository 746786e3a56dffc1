"""One client of the rooms, as a stranger would write it from docs/protocol.md."""

import asyncio
import contextlib
import json
import random
import socket
import struct
from collections import Counter
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from benchmarks import frames
from benchmarks.destruction.sayings import Sayings
from benchmarks.destruction.transcript import Transcript
from benchmarks.destruction.venue import Venue

NO_CODE = 1006
AT_ONCE = {1001, 1012, *range(4200, 4300)}
NEVER = range(4000, 4100)
JITTER = 0.3  # seconds within which clients that may return at once do
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds; it doubles in between
STEADY = 2.0  # seconds that a connection has to last before the next pause is the first one again
UNANSWERED = 20  # messages without an answer; no new ones are said then
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: a close is a reset


class Client:
    """Enters the room by any of its ports, keeps the transcript, and comes back whenever it is thrown out.

    It is the same member on every connection. `codes` counts how they ended, `unreached` the attempts
    that never became one. For `epoch` see `Transcript`, for
    `gives_up` see `Sayings`.
    """

    def __init__(
        self, name: str, venue: Venue, seed: int, epoch: str | None = None, gives_up: bool = False
    ) -> None:
        self.name = name
        self.transcript = Transcript(venue.pool, epoch)
        self.sayings = Sayings(name, gives_up)
        self.codes: Counter[int] = Counter()
        self.unreached = 0
        self.member: str | None = None  # our own id in the room
        self._venue = venue
        self._rng = random.Random(f"{seed} {name}")  # noqa: S311 - chance that can be repeated
        self._key = f"key-of-{name}".ljust(16, "-")
        self._connection: ClientConnection | None = None  # while we are in the room
        self._welcomed = False  # on the current connection
        self._problems: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Whether the client is in the room."""
        return self._connection is not None

    @property
    def problems(self) -> list[str]:
        """Everything that the server did and may not do."""
        return self._problems + self.transcript.problems + self.sayings.problems

    async def run(self) -> None:
        """Stays in the room until it is cancelled, or turned away for good."""
        loop, failures = asyncio.get_running_loop(), 0
        while True:
            began = loop.time()
            code = await self._visit()
            if code is None:
                self.unreached += 1
            else:
                self.codes[code] += 1
            if code in NEVER:
                self._problems.append(f"turned away for good with {code}")
                return
            failures = 0 if loop.time() - began > STEADY else failures + 1
            longest = JITTER if code in AT_ONCE else min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures, 9))
            await asyncio.sleep(self._rng.uniform(0, longest))

    async def talk(self, rate: float) -> None:
        """Says `rate` new messages a second, at random times, until it is cancelled."""
        while True:
            await asyncio.sleep(self._rng.expovariate(rate))
            if len(self.sayings.pending) < UNANSWERED:
                self._say_later(self._think())

    def cut(self, rng: random.Random) -> None:
        """Cuts the connection while a message is on its way: in the middle of its frame, or right behind it."""
        assert self._connection is not None
        transport = self._connection.transport
        frame = frames.encode(frames.TEXT, self._frame(self._think()).encode())
        end = len(frame) if rng.random() < 0.3 else rng.randrange(1, len(frame))
        transport.write(frame[:end])
        if rng.random() < 0.5:
            connected: socket.socket = transport.get_extra_info("socket")
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        transport.abort()
        self._connection = None

    async def _visit(self) -> int | None:
        """One connection until it ends. Returns its close code; None if there was no connection."""
        try:
            async with connect(
                self._url(), max_queue=None, max_size=None, proxy=None, compression=None, close_timeout=2
            ) as connection:
                while True:
                    self._hear(json.loads(await connection.recv()), connection)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else NO_CODE
        except (OSError, InvalidHandshake):
            return None
        finally:
            self._connection, self._welcomed = None, False
            self.sayings.disconnected()
            self._venue.news.tell()

    def _url(self) -> str:
        query = urlencode({"key": self._key, "name": self.name, **self.transcript.position})
        return f"ws://127.0.0.1:{self._rng.choice(self._venue.ports)}/ws/{self._venue.room}?{query}"

    def _hear(self, frame: dict[str, Any], connection: ClientConnection) -> None:
        try:
            if (frame["type"] == "welcome") is self._welcomed:
                self._problems.append(f"{frame['type']} is not the first, or not the only one of its kind")
            self._understand(frame, connection)
        except (KeyError, TypeError) as error:
            self._problems.append(f"{error!r} in {frame}")
        self._venue.news.tell()

    def _understand(self, frame: dict[str, Any], connection: ClientConnection) -> None:
        now = asyncio.get_running_loop().time()
        match frame["type"]:
            case "welcome":
                self._welcome(frame, connection)
            case "message":
                message = self.transcript.message(frame)
                if message.sender == self.member and message.id is not None:
                    self.sayings.confirm(message.id, message.seq, now)
            case "said":
                self.sayings.confirm(frame["id"], frame["seq"], now)
            case "joined" | "left":
                self.transcript.presence(frame["type"])
            case "error" if frame["code"] in ("unavailable", "rate_limited"):
                if frame["code"] == "rate_limited" or self.sayings.refuse(frame["id"], now):
                    self._say_later(frame["id"], self._rng.uniform(0.2, 1.0))
            case "error":
                self._problems.append(f"error {frame['code']}: {frame['detail']}")

    def _welcome(self, frame: dict[str, Any], connection: ClientConnection) -> None:
        self.transcript.welcome(frame)
        if self.member not in (None, frame["you"]["id"]):
            self._problems.append(f"was {self.member} before and is {frame['you']['id']} now")
        self.member = frame["you"]["id"]
        self._connection, self._welcomed = connection, True
        # Some clients say it again at once, into the replay, some when the replay may have confirmed it.
        pause = self._rng.choice((0.0, 0.5))
        for own in self.sayings.pending:
            self._say_later(own, pause)

    def _think(self) -> str:
        return self.sayings.new(self._rng.choice((0, 0, 0, 100, 1000, 4000)))

    def _say_later(self, id: str, pause: float = 0.0) -> None:
        task = asyncio.create_task(self._say(id, pause))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _say(self, id: str, pause: float) -> None:
        """Says it, unless it is answered by then; without a connection the next welcome will have it said."""
        await asyncio.sleep(pause)
        if self._connection is not None and id in self.sayings.pending:
            with contextlib.suppress(ConnectionClosed):
                await self._connection.send(self._frame(id))

    def _frame(self, id: str) -> str:
        frame = self.sayings.frame(id, asyncio.get_running_loop().time())
        return json.dumps(frame, ensure_ascii=False)
