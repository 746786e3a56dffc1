"""Disconnecting members, once and in every process: it is not a ban."""

from collections.abc import Collection
from datetime import timedelta

from channels.db import database_sync_to_async
from django.db import transaction
from django.utils import timezone

from rooms.models import Numbering, Removal, Room
from rooms.receivers import announce
from rtproject.utils.transactions import short_transaction

KEPT = timedelta(hours=1)  # far longer than a process needs to find out


def remove(room: Room, members: Collection[str] = ("",)) -> None:
    """Disconnects the members of these ids with 4008, or everybody. Raises django.db.Error, and then nobody is.

    `room` is a stored one. Blocks.
    """
    with short_transaction():
        numbering, _ = Numbering.objects.select_for_update().get_or_create(room=room)
        for member in members:
            numbering.removals += 1
            Removal.objects.create(room=room, number=numbering.removals, member=member)
        numbering.save(update_fields=["removals"])
        Removal.objects.filter(room=room, at__lt=timezone.now() - KEPT).delete()
        transaction.on_commit(lambda: announce(room.name))


@database_sync_to_async
def removed_since(room: int, number: int) -> list[tuple[int, str]]:
    """Number and member of each removal in the room's row `room` after `number`. Raises django.db.Error."""
    return list(Removal.objects.filter(room=room, number__gt=number).values_list("number", "member"))
