"""An asyncio client for the rooms of rtproject: it comes back by itself, and neither loses nor repeats a message.

    async with Room("wss://chat.example.com/ws/lobby", name="bot") as room:
        await room.say("Hello!")  # returns its number once it is stored
        async for frame in room:
            print(frame)

docs/protocol.md describes the frames, docs/python_client.md this file.
"""

import asyncio
import contextlib
import json
import random
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

Frame = dict[str, Any]
Text = str | None

NO_CODE = 1006  # RFC 6455 section 7.4.1: there was no close frame
AT_ONCE = 0.5  # seconds within which clients of a restarting server come back
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 30.0  # of which a random part is waited
STABLE = 10.0  # seconds after which a connection counts as good
RETRY = 1.0  # second before a message is said again that the server could not take
OPTIONS: dict[str, Any] = {"ping_interval": 10, "ping_timeout": 5, "close_timeout": 2, "max_size": None}
MAX_UNREAD = 1_000  # frames; beyond, nothing is read from the server before the program reads


class Closed(Exception):
    """The connection has ended for good, with the close `code` of the server; 1000 is our own."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Refused(Exception):
    """The server did not take a message: `code` is that of its `error` frame."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Unconfirmed(Exception):
    """The connection was lost in a room without history: the message may have been heard or not."""


class _Say:
    """A message that is not confirmed yet."""

    def __init__(self, text: str, own: str) -> None:
        self.frame = {"type": "say", "text": text, "id": own}
        self.sent = False
        self.done: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    def settle(self, result: int | Exception | None) -> None:
        if isinstance(result, Exception) and not self.done.done():
            self.done.set_exception(result)
        elif not self.done.done():
            self.done.set_result(result)  # type: ignore[arg-type]


class Room:
    """A member's place in a room, for as long as the `async with` lasts.

    `password`, `name`, `key`, `token` and `history` are the parameters of the protocol; `token` may be a function that
    makes a new one before each attempt. Keep the `key`, a secret, to be the same member after a restart, and `position`
    to go on where the program stopped reading. `options` go to `websockets.connect`, such as `ssl`.
    """

    def __init__(
        self, url: str, *, password: Text = None, name: Text = None, key: Text = None,
        token: Text | Callable[[], str] = None, history: int = 50,
        position: tuple[str, int] | None = None, **options: Any,
    ) -> None:  # fmt: skip
        self.key = key or secrets.token_urlsafe(24)
        self.position = position  # the epoch, and the number of the last frame that the program has read
        self.me: Frame | None = None  # as the last welcome told
        self._parts = urlsplit(url)
        self._given = {"pass": password, "name": name, "key": self.key}
        self._token, self._history, self._options = token, history, options
        self._epoch, self._received = position or ("", 0)  # the latter may be ahead of what was read
        self._read_epoch = self._epoch
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue(MAX_UNREAD)
        self._unconfirmed: dict[str, _Say] = {}  # by id, in their order
        self._connection: ClientConnection | None = None  # after its welcome
        self._retries: set[asyncio.Task[None]] = set()
        self._code: int | None = None
        self._running: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self._run(), name=f"room {self._parts.path}")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._running.cancel()
        await asyncio.wait({self._running})
        self._end(1000)

    @property
    def unconfirmed(self) -> list[str]:
        """The ids of messages without a confirmation, in their order."""
        return list(self._unconfirmed)

    async def say(self, text: str, message_id: str | None = None) -> int | None:
        """Say `text`, and return its number when it is stored; None in a room without history.

        It is said again after each reconnect until it is confirmed, and is shown once. Raises Refused, Closed, or
        Unconfirmed.
        """
        if self._code is not None:
            raise Closed(self._code)
        own = message_id or secrets.token_hex(8)
        say = self._unconfirmed[own] = _Say(text, own)
        await self._send(say)
        try:
            return await say.done
        finally:
            self._unconfirmed.pop(own, None)

    async def send(self, frame: Frame) -> bool:
        """Send a frame, such as `typing`; return whether there was a connection."""
        with contextlib.suppress(ConnectionClosed):
            if self._connection is not None:
                await self._connection.send(json.dumps(frame))
                return True
        return False

    async def __aiter__(self) -> AsyncIterator[Frame]:
        """Yield the frames in order. After a `welcome` with `recovered: false` drop what you hold of the room."""
        while (frame := await self._frames.get()) is not None:
            if frame["type"] == "welcome":
                self._read_epoch = frame.get("epoch", "")
            elif "seq" in frame and frame["type"] != "said":
                self.position = (self._read_epoch, frame["seq"])
            yield frame
        self._frames.put_nowait(None)  # for the next one that reads
        if self._code not in (None, 1000):
            raise Closed(self._code)

    # --- the connection ---

    async def _run(self) -> None:
        loop, failures = asyncio.get_running_loop(), 0
        while True:
            began = loop.time()
            code = await self._connect_once()
            if 4000 <= code < 4100:
                self._end(code)
                return
            failures = 0 if loop.time() - began > STABLE else failures
            await asyncio.sleep(_pause(code, failures))
            failures += 1

    async def _connect_once(self) -> int:
        """Stay until the connection ends, and return its close code."""
        try:
            async with connect(self._url(), **OPTIONS | self._options) as connection:
                async for text in connection:
                    await self._receive(json.loads(text), connection)
            return connection.close_code or NO_CODE
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else NO_CODE
        except (OSError, InvalidHandshake):
            return NO_CODE
        finally:
            self._connection = None

    def _url(self) -> str:
        query: dict[str, Any] = {**self._given, "token": self._token}
        if callable(self._token):
            query["token"] = self._token()
        if self._epoch:
            query |= {"epoch": self._epoch, "since": self._received}
        query |= {"history": self._history, **dict(parse_qsl(self._parts.query))}
        encoded = urlencode({name: value for name, value in query.items() if value is not None})
        return urlunsplit(self._parts._replace(query=encoded))

    async def _receive(self, frame: Frame, connection: ClientConnection) -> None:
        kind = frame["type"]
        if kind == "welcome":
            self._welcome(frame)
            self._connection = connection
        elif kind == "said":
            self._confirm(frame["id"], frame["seq"])
        elif kind == "error":
            self._refuse(frame)
        elif self._epoch and "seq" in frame:
            if frame["seq"] <= self._received:
                return
            self._received = frame["seq"]
        if kind == "message" and frame["from"]["id"] == (self.me or {}).get("id"):
            self._confirm(frame.get("id"), frame.get("seq"))
        await self._frames.put(frame)
        if kind == "welcome":
            for say in list(self._unconfirmed.values()):
                await self._send(say)

    def _welcome(self, frame: Frame) -> None:
        if not frame["history"]:
            for say in self._unconfirmed.values():
                if say.sent:
                    say.settle(Unconfirmed("no answer before the connection was lost"))
        elif not frame["recovered"]:
            self._epoch, self._received = frame["epoch"], max(0, frame["seq"] - self._history)
        self.me = frame["you"]

    def _confirm(self, own: str | None, seq: int | None) -> None:
        if say := self._unconfirmed.pop(own or "", None):
            say.settle(seq)

    def _refuse(self, frame: Frame) -> None:
        say = self._unconfirmed.get(frame.get("id", ""))
        if say and frame["code"] in ("unavailable", "rate_limited"):
            pause = RETRY * random.uniform(0.5, 1.5)  # noqa: S311 (not a secret)
            self._retries.add(retry := asyncio.create_task(self._send(say, pause)))
            retry.add_done_callback(self._retries.discard)
        elif say:
            say.settle(Refused(frame["code"], frame["detail"]))

    async def _send(self, say: _Say, pause: float = 0.0) -> None:
        await asyncio.sleep(pause)
        if not say.done.done() and self._connection is not None:  # otherwise the next welcome does
            say.sent = True
            await self.send(say.frame)

    def _end(self, code: int) -> None:
        self._code = code if self._code is None else self._code
        for retry in self._retries:
            retry.cancel()
        for say in self._unconfirmed.values():
            say.settle(Closed(code))
        if self._frames.full():
            self._frames.get_nowait()
        self._frames.put_nowait(None)


def _pause(code: int, failures: int) -> float:
    """Seconds to wait: hundreds of clients must not come back at one moment."""
    at_once = failures == 0 and (code in (1001, 1012) or 4200 <= code < 4300)
    longest = AT_ONCE if at_once else min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures, 9))
    return random.uniform(0, longest)  # noqa: S311 (not a secret)
