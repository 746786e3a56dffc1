"""The identity of a member in a room: its id and its name."""

import re
import secrets
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from rooms.models import IdentityKey
from rooms.names import room_key
from rooms.protocol import Person
from rooms.visibility import usable_name
from rtproject.websocket.asgi_types import Scope

GUEST_COOKIE = "rtproject_guest"
GUEST_COOKIE_SECONDS = 365 * 86400
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}\Z", re.ASCII)


def identify(scope: Scope, query: dict[str, str], room_name: str) -> tuple[Person, bool]:
    """Return the member of a connection, and whether it can come back by another connection.

    A user is identified by the account, a guest by a key: `key=` in the query, or the cookie that our pages
    set. Connections with one identity are one member; without a key each connection is a new member. Other
    members see a keyed hash of the identity, which differs from room to room.
    """
    user = scope.get("user")
    if user is not None and user.is_authenticated:
        return Person(_member_id(room_name, f"user:{user.pk}"), user.get_username(), guest=False), True
    key = _usable_key(query.get("key")) or _usable_key(scope.get("cookies", {}).get(GUEST_COOKIE))
    identity = f"key:{key}" if key else f"connection:{secrets.token_hex(16)}"
    member = _member_id(room_name, identity)
    # A guest without a name gets the same one as long as it is the same member.
    name = usable_name(query.get("name")) or f"guest-{member[:6]}"
    return Person(member, name, guest=True), key is not None


def identify_program(room_name: str, owner: str, name: str) -> Person:
    """Return other code as a member that nobody can be by connecting, and which is the same for one owner."""
    return Person(_member_id(room_name, f"program:{owner}"), name, guest=False, program=True)


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


def _member_id(room_name: str, identity: str) -> str:
    return keyed_hash("rooms.member", f"{room_key(room_name)}:{identity}")[:24]
