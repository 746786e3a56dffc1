"""Who may enter beside the password: the members of a room's groups, and those whom the site's own rules let in."""

import asyncio
from collections.abc import Collection
from functools import cache
from typing import Any, NamedTuple

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from rooms.models import Room
from rtproject.utils.ttl_cache import TTLCache
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.utils.flood_log import FloodLog
from rtproject.websocket.utils.log_text import cause
from rtproject.websocket.utils.loop_local import loop_local

ANSWER_SECONDS = 2.0
KEPT_SECONDS = {"may_enter": 0.0, "may_say": 2.0}  # for an answer; rooms are looked at again every 2 seconds


class RuledRoom(NamedTuple):
    """A room as the class that ROOMS_ACCESS names is asked about it; `row` is None for an unlisted one."""

    name: str
    row: Room | None


@cache
def load_rules(path: str) -> Any:
    """Return an instance of the class at `path`. Raises ImproperlyConfigured."""
    try:
        rules = import_string(path)()
    except Exception as error:
        raise ImproperlyConfigured(
            f"ROOMS_ACCESS must be the dotted path of a class: {cause(error)}."
        ) from error
    if not any(hasattr(rules, question) for question in KEPT_SECONDS):
        raise ImproperlyConfigured(
            "ROOMS_ACCESS must be the dotted path of a class with may_enter or may_say."
        )
    return rules


async def _answer(question: str, user: Any, room: RuledRoom) -> bool:
    rule = getattr(load_rules(settings.ROOMS_ACCESS), question, None)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return rule is None or bool(await rule(user, room))
    except asyncio.CancelledError as error:  # a task of the rule was cancelled, not this one
        raise RuntimeError("the rule was cancelled") from error


# Of equal questions one is asked at a time.
_answers = loop_local(lambda: {question: TTLCache(_answer, kept) for question, kept in KEPT_SECONDS.items()})
_failures = FloodLog()


async def ask_rules(question: str, user: Any, room: Room) -> bool | None:
    """Return what ROOMS_ACCESS answers, or None if it raises or takes more than 2 seconds."""
    if not settings.ROOMS_ACCESS:
        return True
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await _answers()[question].get(
                question, user, RuledRoom(room.name, room if room.pk else None)
            )
    except Exception as error:
        _failures.report("ROOMS_ACCESS does not answer %s", question, error=error)
        return None


@database_sync_to_async
def in_groups(room: Room, users: Collection[Any]) -> set[Any]:
    """Return those of `users`, primary keys, that are in one of the room's groups. Raises django.db.Error."""
    found = get_user_model()._default_manager.filter(pk__in=users, groups__rooms=room)
    return set(found.values_list("pk", flat=True))


async def entry_refusal(user: Any, room: Room) -> CloseCode | None:
    """Return why `user` may not enter beside the password, or None. Raises django.db.Error."""
    if room.restricted and not await in_groups(room, [user.pk]):
        return CloseCode.FORBIDDEN
    answer = await ask_rules("may_enter", user, room)
    return CloseCode.UNAVAILABLE if answer is None else None if answer else CloseCode.FORBIDDEN
