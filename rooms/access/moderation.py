"""The rights of moderators: staff with the permission to delete messages. Their deletions are in the admin's log."""

from typing import Any

from channels.db import database_sync_to_async
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth import get_user_model

from rooms.models import Message, Room


@database_sync_to_async
def may_delete(user: Any) -> bool:
    """Return whether `user` may delete any message now, whatever the handshake found. Raises django.db.Error."""
    if not getattr(user, "is_staff", False):
        return False
    found = get_user_model()._default_manager.filter(pk=user.pk, is_staff=True).first()
    return found is not None and found.has_perm("rooms.delete_message")


@database_sync_to_async
def log_deletion(user: Any, room: Room, seq: int) -> None:
    """Log that `user` deleted message `seq`. Raises django.db.Error."""
    deleted = Message.objects.select_related("room").filter(room=room.pk, seq=seq)
    LogEntry.objects.log_actions(user.pk, deleted, DELETION)
