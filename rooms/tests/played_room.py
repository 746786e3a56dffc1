"""A room on its real page, whose server the test plays: it chooses the messages and members."""

import asyncio
import json
from typing import Any

from playwright.async_api import Page, WebSocketRoute, expect

NOON = "2026-01-31T12:00:00.000Z"
YOU = {"id": "you", "name": "Ann", "guest": True}
BOB = {"id": "bob", "name": "Bob", "guest": True}


def person(number: int, **fields: Any) -> dict[str, Any]:
    """One of many members."""
    return {"id": f"m{number}", "name": f"Member {number}", "guest": True, **fields}


class PlayedRoom:
    """A room with `messages` stored messages, each with its number as its text.

    `welcome` are fields of the frame of that name, in addition to or instead of the usual ones.
    """

    def __init__(self, messages: int = 0, **welcome: Any) -> None:
        self.links: list[WebSocketRoute] = []
        self.said: list[dict[str, Any]] = []  # frames of the page, which no one answered
        self.asked: list[int] = []  # before which numbers the page asked for older ones
        self.instead: list[dict[str, Any] | None] = []  # the next answers to that: other frames, or none
        self.kept = 0  # messages, of those that a page may have missed; 0 is all
        self.refusal: int | None = None  # the code that new connections are closed with
        self._count = messages
        self._dialled = asyncio.Event()
        self.typed = asyncio.Event()
        self.welcome = {"members": [YOU], "count": 1, **welcome}

    async def enter(self, page: Page, home: str) -> None:
        """Open the page, and wait until its visitor is in."""
        await page.route_web_socket("**/ws/played**", self._connect)
        await page.goto(f"{home}rooms/played/")
        await expect(page.locator("#state")).to_have_attribute("data-state", "open")

    async def deny(self, page: Page, code: int) -> None:
        """End this connection and the next ones with `code`, until the page waits for long."""
        self.refusal = code
        await self.links[-1].close(code=code)
        for _ in range(4 if code >= 4100 else 0):
            await expect(page.locator("#state")).to_have_attribute("data-state", "waiting")
            self._dialled.clear()
            await page.click("#reopen")
            await self._dialled.wait()
        self.refusal = None

    def tell(self, *frames: dict[str, Any]) -> None:
        """Send frames on the newest connection."""
        for frame in frames:
            self.links[-1].send(json.dumps(frame))

    def refuse(self, code: str = "id_used") -> None:
        """Refuse the last message of the page."""
        self.tell({"type": "error", "code": code, "detail": "in no language", "id": self.said[-1]["id"]})

    async def run_over(self, messages: int, kept: int) -> None:
        """Break the connection, say many messages, and keep the last few."""
        self._count += messages
        self.kept = kept
        await self.links[-1].close(code=4200)

    def message(
        self, text: str = "", sender: dict[str, Any] = BOB, at: str = NOON, **fields: Any
    ) -> dict[str, Any]:
        """The next message of the room, to be told."""
        self._count += 1
        return self._message(self._count, text or str(self._count), sender, at, **fields)

    def notice(self, text: str) -> dict[str, Any]:
        """The next numbered frame of the room, an announcement."""
        self._count += 1
        return {"type": "notice", "text": text, "at": NOON, "seq": self._count}

    def _connect(self, link: WebSocketRoute) -> None:
        self.links.append(link)
        self._dialled.set()
        link.on_message(lambda data: self._hear(json.loads(data)))
        if self.refusal is not None:
            self._closing = asyncio.ensure_future(link.close(code=self.refusal))
            return
        is_back = "since=" in link.url and not self.kept
        numbered = {"history": True, "epoch": "e1", "seq": self._count, "recovered": is_back}
        self.tell({"type": "welcome", "room": "played", "title": "", "you": YOU, **numbered, **self.welcome})
        if not is_back:
            self.tell(*self._past(max(1, self._count + 1 - (self.kept or 50)), self._count))

    def _hear(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "history":
            self.asked.append(frame["before"])
            answer = self.instead.pop(0) if self.instead else self._older(frame)
            self.tell(*filter(None, [answer]))
        elif frame["type"] == "say":
            self.said.append(frame)
        elif frame["type"] == "typing":
            self.typed.set()
        else:
            self.tell({"type": "pong"})

    def _older(self, frame: dict[str, Any]) -> dict[str, Any]:
        first = max(1, frame["before"] - frame["limit"])
        return {"type": "history", "messages": self._past(first, frame["before"] - 1), "more": first > 1}

    def _past(self, first: int, last: int) -> list[dict[str, Any]]:
        return [self._message(seq, str(seq), BOB, NOON) for seq in range(first, last + 1)]

    def _message(self, seq: int, text: str, sender: dict[str, Any], at: str, **fields: Any) -> dict[str, Any]:
        return {
            "type": "message",
            "room": "played",
            "from": sender,
            "text": text,
            "at": at,
            "seq": seq,
            **fields,
        }
