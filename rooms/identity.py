"""The identity of a member in a room: its id and its name."""

import re
import secrets
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from rooms.models import IdentityKey, Room
from rooms.names import room_key
from rooms.protocol import Person
from rooms.visibility import usable_name
from rtproject.websocket.asgi_types import Scope

GUEST_COOKIE = "rtproject_guest"
GUEST_COOKIE_SECONDS = 365 * 86400
MODERATOR = Person(
    "", "", guest=False
)  # in place of the member who deletes a message of another, or posts a notice
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}\Z", re.ASCII)


@dataclass(frozen=True)
class Visitor(AnonymousUser):
    """Somebody who is no Django user: a guest, with the member's id, or `external`, with the id that a token names."""

    username: str = field(default="", compare=False)  # type: ignore[assignment]
    id: str = ""  # type: ignore[assignment]
    external: bool = False


def identify(
    scope: Scope, query: dict[str, str], room_name: str, external: Visitor | None = None
) -> tuple[Person, bool]:
    """Return the member of a connection, and whether it can come back by another connection.

    A user is identified by the account, a guest by a key: `key=` in the query, or the cookie that our pages
    set; whom a token names, who is `external`, comes first. Connections with one identity are one member; without a
    key each connection is a new member. Others see a keyed hash of the identity, which differs from room to room.
    """
    identity = identity_of(scope, query, external)
    member = member_id(room_name, identity or f"connection:{secrets.token_hex(16)}")
    if external is not None:
        return Person(member, external.username, guest=False, external=True), True
    if identity is not None and identity.startswith("user:"):
        return Person(member, scope["user"].get_username(), guest=False), True
    # A guest without a name gets the same one as long as it is the same member.
    name = usable_name(query.get("name")) or f"guest-{member[:6]}"
    return Person(member, name, guest=True), identity is not None


def identity_of(scope: Scope, query: dict[str, str], external: Visitor | None = None) -> str | None:
    """Return what tells a connection's owner from all others, None for a guest without a key."""
    if external is not None:
        return f"token:{external.id}"
    user = scope.get("user")
    if user is not None and user.is_authenticated:
        return f"user:{user.pk}"
    key = _usable_key(query.get("key")) or _usable_key(scope.get("cookies", {}).get(GUEST_COOKIE))
    return key and f"key:{key}"


def is_banned(room: Room, member: Person, identity: str | None) -> bool:
    """Return whether the bans in force, by room and the member's id there, are of this `identity` or `member`."""
    elsewhere = {origin for origin, _ in room.banned} if identity else ()
    ids = {(origin, member_id(origin, identity or "")) for origin in elsewhere}
    return not room.banned.isdisjoint(ids | {(room_key(room.name), member.id)})


def user_of(scope: Scope, member: Person, external: Visitor | None = None) -> Any:
    """Return the user or Visitor that `identify` found to be `member`."""
    return Visitor(member.name, member.id) if member.guest else external or scope["user"]


def identify_program(room_name: str, owner: str, name: str) -> Person:
    """Return other code as a member: the same for one owner, and never one of a connection."""
    return Person(member_id(room_name, f"program:{owner}"), name, guest=False, program=True)


def keep_guest_key(request: HttpRequest, response: HttpResponse) -> None:
    """Set a guest key in a browser without one, so that its tabs and reconnects are one member."""
    if _usable_key(request.COOKIES.get(GUEST_COOKIE)) is None:
        response.set_cookie(
            GUEST_COOKIE,
            secrets.token_urlsafe(24),
            max_age=GUEST_COOKIE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )


def _usable_key(text: str | None) -> str | None:
    return text if text is not None and _KEY.match(text) else None


@cache
def identity_key() -> str:
    """Return the key of members' ids. Blocks at the first call of a process. Raises django.db.Error."""
    return IdentityKey.objects.get(pk=1).value


def keyed_hash(purpose: str, value: str) -> str:
    """Return a hash of `value` that outlives every SECRET_KEY. Call `identity_key` before, in a thread."""
    return salted_hmac(purpose, value, secret=identity_key(), algorithm="sha256").hexdigest()


def member_id(room_name: str, identity: str) -> str:
    """Return the id that others in a room see."""
    return keyed_hash("rooms.member", f"{room_key(room_name)}:{identity}")[:24]
