"""The rights of moderators: staff with the permission to delete messages. Their deletions are in the admin's log."""

import asyncio
from typing import Any

from channels.db import database_sync_to_async
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.db import Error

from rooms.models import Message, Room
from rtproject.websocket.utils.failure_log import FailureLog

STORE_TIMEOUT = 3.0  # seconds

asking = FailureLog("asking what a moderator may do", (Error, TimeoutError))
logging_deletions = FailureLog("logging what a moderator deleted", (Error, TimeoutError))


async def may_delete(user: Any) -> bool:
    """Return whether `user` may delete any message now, whatever the handshake found; not without the store."""
    with asking:
        async with asyncio.timeout(STORE_TIMEOUT):
            return bool(await _may_delete(user))
    return False


async def log_deletion(user: Any, room: Room, seq: int) -> None:
    """Log that `user` deleted message `seq`. It is deleted, whether the log can be written or not."""
    with logging_deletions:
        async with asyncio.timeout(STORE_TIMEOUT):
            await _log_deletion(user, room, seq)


@database_sync_to_async
def _may_delete(user: Any) -> bool:
    if not getattr(user, "is_staff", False):
        return False
    found = get_user_model()._default_manager.filter(pk=user.pk, is_staff=True).first()
    return found is not None and found.has_perm("rooms.delete_message")


@database_sync_to_async
def _log_deletion(user: Any, room: Room, seq: int) -> None:
    deleted = Message.objects.select_related("room").filter(room=room.pk, seq=seq)
    LogEntry.objects.log_actions(user.pk, deleted, DELETION)
