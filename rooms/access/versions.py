"""The version of a room's access rules, and whether a connection may stay when it changes."""

from typing import Any, NamedTuple

import msgspec

from rooms.models import Room
from rtproject.websocket.close_codes import CloseCode


class AccessVersion(NamedTuple):
    """The rules that a member was admitted by.

    All members of one name share a group of the channel layer, whichever rules they were admitted by: an unlisted room,
    an open room, a room with an older password. A process that has not yet learned of a change must not mix them.
    """

    row: int  # the primary key of the room's row, 0 for an unlisted room
    password_version: int
    guarded: bool

    @classmethod
    def decode(cls, tag: Any) -> "AccessVersion":
        """Read a version from an event of the channel layer. Raises msgspec.ValidationError."""
        return msgspec.convert(tag, cls)


def access_version(room: Room) -> AccessVersion:
    """The version of the rules that `room` admits newcomers by."""
    return AccessVersion(room.pk or 0, room.password_version, room.guarded)


def can_receive(own: AccessVersion, sender: AccessVersion) -> bool:
    """Return whether `own` may receive messages of members admitted by `sender`.

    Removing a password is the one change of the rules that separates no one.
    """
    if own == sender:
        return True
    newer = own if own.password_version > sender.password_version else sender
    same_password = own.password_version == sender.password_version
    return own.row == sender.row and (same_password or not newer.guarded)


def can_read(own: AccessVersion, stored: AccessVersion) -> bool:
    """Return whether `own` may read messages that were stored under the rules `stored`.

    The same as `can_receive`, except that messages under older rules are history to a member admitted by
    newer ones.
    """
    is_newer = own.row == stored.row and own.password_version > stored.password_version
    return is_newer or can_receive(own, stored)


def revocation_code(entered: Room, now: Room | None) -> CloseCode | None:
    """Return the code to end a connection with if its room, as it was `entered`, is not the same `now`, or gone."""
    if now is None:
        return CloseCode.NOT_FOUND
    if now.pk != entered.pk:
        return CloseCode.GOING_AWAY if entered.pk is None else CloseCode.NOT_FOUND
    # Compare the hashes as well: two admins may have taken the same version for two passwords.
    if now.guarded and (now.password_version, now.password) != (entered.password_version, entered.password):
        return CloseCode.PASSWORD_CHANGED
    if now.epoch != entered.epoch:  # the client needs a welcome with the new epoch
        return CloseCode.GOING_AWAY
    return None
