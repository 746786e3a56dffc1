"""What a room's door looks like now, and whether who came in through it may stay."""

from collections.abc import Collection

from channels.db import database_sync_to_async
from django.conf import settings

from rooms.models import RetiredName, Room
from rooms.names import room_key
from rtproject.websocket.close_codes import CloseCode


def read_rooms(names: Collection[str]) -> dict[str, Room]:
    """The rooms of these names by key, in two queries at most.

    An open, unlisted room is a Room that was never saved (its `pk` is None). A name that nobody may enter by is
    missing: the room was deleted, or unlisted rooms are not allowed. Raises django.db.Error.
    """
    found = {room_key(room.name): room for room in Room.objects.named(*names)}
    missing = {room_key(name) for name in names} - found.keys()
    if missing and settings.ROOMS_ALLOW_UNLISTED:
        retired = RetiredName.objects.filter(key__in=missing).values_list("key", flat=True)
        found |= {key: Room(name=key, history_size=0) for key in missing - set(retired)}
    return found


find_rooms = database_sync_to_async(read_rooms)


def judge(entered: Room, now: Room | None) -> CloseCode | None:
    """Whether who entered a room when it was `entered` must go, now that it is `now` (None: nobody may enter)."""
    if now is None:
        return CloseCode.NOT_FOUND
    if now.pk != entered.pk:
        return CloseCode.GOING_AWAY if entered.pk is None else CloseCode.NOT_FOUND
    if now.guarded and now.password_version != entered.password_version:
        return CloseCode.PASSWORD_CHANGED
    return None
