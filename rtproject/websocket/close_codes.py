"""Every close code that this project sends, its meaning, and whether to reconnect.

RFC 6455 section 7.4.2 leaves 4000-4999 to applications. The hundreds tell a client that does not know a code
what to do, as in Pusher's protocol: 40xx do not reconnect, 41xx reconnect after a backoff, 42xx reconnect at once.
"""

from enum import IntEnum
from typing import TYPE_CHECKING, Literal

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Reconnect = Literal["never", "backoff", "at once"]


class CloseCode(IntEnum):
    """A code for `websocket.close`. Members compare equal to their number."""

    meaning: "StrPromise"

    def __new__(cls, code: int, meaning: "StrPromise") -> "CloseCode":
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    FORBIDDEN = 4003, _("Wrong or missing password, a bad token, or no right to be here.")
    NOT_FOUND = 4004, _("There is no such room or endpoint, or the room was deleted.")
    BANNED = 4005, _("Staff banned this member, from this room or all.")
    KICKED = 4008, _("An admin disconnected this member or this room.")
    PASSWORD_CHANGED = 4009, _("The room's password was set or changed.")
    ROOM_FULL = 4100, _("The room's member limit is reached.")
    RATE_LIMITED = 4101, _("Too many wrong passwords, connections or messages from here.")
    TOO_SLOW = 4102, _("The client did not read what it was sent.")
    UNAVAILABLE = 4103, _("The store or the channel layer is out of reach.")
    CLOSED = 4104, _("An admin closed the room to newcomers.")
    GOING_AWAY = 4200, _("The server is shutting down, or the room moved; come back.")

    @property
    def title(self) -> str:
        """The name as people read it: `GOING_AWAY` is "going away"."""
        return self.name.lower().replace("_", " ")

    @property
    def reconnect(self) -> Reconnect:
        """Whether a client may reconnect with the same request, by the code's hundred."""
        return ("never", "backoff", "at once")[(self - 4000) // 100]


def as_json() -> list[dict[str, str | int]]:
    """Return the table for pages in the active language: code, name, meaning, reconnect."""
    return [
        {"code": int(code), "name": code.title, "meaning": str(code.meaning), "reconnect": code.reconnect}
        for code in CloseCode
    ]
