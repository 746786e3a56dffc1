"""Every close code this project sends, what it means, and whether to come back.

RFC 6455 section 7.4.2 leaves 4000-4999 to applications. The hundreds tell a client that does not know a code
what to do, as Pusher's protocol does: 40xx stay away, 41xx come back after backing off, 42xx come back at once.
"""

from enum import IntEnum
from typing import Literal

Reconnect = Literal["never", "backoff", "at once"]


class CloseCode(IntEnum):
    """A code for `websocket.close`. Members compare equal to their number."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> "CloseCode":
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    FORBIDDEN = 4003, "Wrong or missing room password."
    NOT_FOUND = 4004, "There is no such room or endpoint, or the room was deleted."
    KICKED = 4008, "An admin disconnected this member or this room."
    PASSWORD_CHANGED = 4009, "The room's password was set or changed."
    ROOM_FULL = 4100, "The room's member limit is reached."
    RATE_LIMITED = 4101, "Too many wrong passwords, connections or messages from here."
    TOO_SLOW = 4102, "The client did not read what it was sent."
    UNAVAILABLE = 4103, "The store or the channel layer is out of reach."
    CLOSED = 4104, "An admin closed the room to newcomers."
    GOING_AWAY = 4200, "The server is shutting down, or the room moved; come back."

    @property
    def title(self) -> str:
        """The name as people read it: `GOING_AWAY` is "going away"."""
        return self.name.lower().replace("_", " ")

    @property
    def reconnect(self) -> Reconnect:
        """Whether a client may come back with the same request, by the code's hundred."""
        return ("never", "backoff", "at once")[(self - 4000) // 100]


def as_json() -> list[dict[str, str | int]]:
    """The table that pages and their scripts show: one object with code, name, meaning and reconnect a code."""
    return [
        {"code": int(code), "name": code.title, "meaning": code.meaning, "reconnect": code.reconnect}
        for code in CloseCode
    ]
