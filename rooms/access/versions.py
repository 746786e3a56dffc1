"""What a room's door looks like now, and whether who came in through it may stay."""

import sys
from collections.abc import Collection

from django.conf import settings

from rooms.models import MessageSequence, ReservedName, Room
from rooms.names import room_key
from rtproject.websocket.close_codes import CloseCode


def query_rooms(names: Collection[str]) -> dict[str, Room]:
    """The rooms of these names by key, in two queries at most.

    An open, unlisted room is a Room that was never saved (its `pk` is None). A name that nobody may enter by is
    missing: the room was deleted, or unlisted rooms are not allowed. Raises django.db.Error.
    """
    rooms = Room.objects.select_related("sequence").named(*names)
    found = {room_key(room.name): room for room in rooms}
    for room in found.values():
        if bool(room.epoch) != bool(room.history_size):
            MessageSequence.objects.sync(room)
    missing = {room_key(name) for name in names} - found.keys()
    if missing and settings.ROOMS_ALLOW_UNLISTED:
        retired = ReservedName.objects.filter(key__in=missing).values_list("key", flat=True)
        found |= {key: Room(name=key, history_size=0) for key in missing - set(retired)}
    return found


def door_of(room: Room) -> str:
    """By which door people come into `room` now."""
    return door(room.pk or 0, room.password_version, room.guarded)


def door(row: int, password_version: int, guarded: bool) -> str:
    """`<row>:<password version>:<guarded>`, one string for all who came in by the same; row 0 is an unlisted room."""
    return sys.intern(f"{row}:{password_version}:{int(guarded)}")


def can_receive(mine: str, theirs: str) -> bool:
    """Whether who came in by the door `mine` may hear who came in by `theirs`.

    All say their words to the group of one name, whatever that name was when they came in: an unlisted room, a guarded
    one, a room with an older password. A process that has not heard of a change yet must not mix them. Removing a
    password is the one change of a door that parts nobody.
    """
    if mine == theirs:
        return True
    (my_room, my_version, my_guard), (their_room, their_version, their_guard) = (
        mine.split(":"),
        theirs.split(":"),
    )
    newer_is_guarded = my_guard if int(my_version) > int(their_version) else their_guard
    return my_room == their_room and (my_version == their_version or newer_is_guarded == "0")


def can_read(mine: str, theirs: str) -> bool:
    """Whether who came in by the door `mine` may read what was stored when people came in by `theirs`.

    As `can_receive`, and what was said by an older door is history to who came in by a newer one.
    """
    my_room, my_version, _ = mine.split(":")
    their_room, their_version, _ = theirs.split(":")
    return can_receive(mine, theirs) or (my_room == their_room and int(my_version) > int(their_version))


def revocation_code(entered: Room, now: Room | None) -> CloseCode | None:
    """Whether who entered a room when it was `entered` must go, now that it is `now` (None: nobody may enter)."""
    if now is None:
        return CloseCode.NOT_FOUND
    if now.pk != entered.pk:
        return CloseCode.GOING_AWAY if entered.pk is None else CloseCode.NOT_FOUND
    # Two admins may have taken the same version for two passwords.
    if now.guarded and (now.password_version, now.password) != (entered.password_version, entered.password):
        return CloseCode.PASSWORD_CHANGED
    if now.epoch != entered.epoch:  # they need a welcome that says so
        return CloseCode.GOING_AWAY
    return None
