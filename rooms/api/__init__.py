"""Rooms for other code: views, Celery tasks, the shell, `manage.py`. Each function has a twin `a…` for coroutines.

Rooms are named by their name. All functions raise RoomNotFound, Unavailable, ValueError for what a member could not say
either, and RuntimeError inside `atomic()`, since a number that may be rolled back is none.
"""

from collections.abc import Callable
from contextlib import suppress
from operator import index
from typing import Any, cast

import msgspec
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import Error as DatabaseError
from django.db import connection
from django.utils.functional import Promise

from rooms import enforcement, protocol
from rooms.access.loader import query_rooms
from rooms.access.tokens import connection_token as connection_token
from rooms.access.versions import access_version
from rooms.api.reach import Unavailable as Unavailable
from rooms.api.reach import at_server, blocking, reached
from rooms.history.pruning import prune
from rooms.history.store import NewMessage, StoreResult, StoreStatus
from rooms.identity import MODERATOR, identify_program
from rooms.models import Room
from rooms.names import is_room_name, room_group, room_key
from rooms.posting import broadcast_frame, broadcast_message, current_publisher, current_writer, message_key
from rooms.presence.tracker import members_of
from rooms.protocol import Event, Person, Say
from rooms.visibility import is_blank, usable_name
from rtproject.utils.database_threads import in_recorders_thread, in_writers_thread
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.lifecycle import server_loop

MAX_EVENT = 16 * 1024  # bytes of JSON
MAX_NAME = 64  # characters of an event's name
MAX_ID = 24  # characters of a member's id
ATTEMPTS = 3  # to post into a room that changes meanwhile
PRUNE_EVERY = 50  # numbers of a room: a process without connections does not prune in the background
UNKNOWN = (StoreStatus.OUTSIDE, StoreStatus.UNAVAILABLE, StoreStatus.COMMIT_UNKNOWN)


class RoomNotFound(LookupError):
    """No one may enter a room of this name."""


class MessageNotFound(LookupError):
    """There is no message of this number, or it was deleted."""


class IdUsed(ValueError):
    """The id stands for another text of the same sender."""


class TooLong(ValueError):
    """The text of a message, or the data of an event, is longer than it may be."""


async def apost_message(
    room: str, text: str, *, sender: str = "program", id: str | None = None
) -> int | None:
    """Post a message; return its number, or None in a room without history.

    `sender` is the name that members see, and no user's. The same `id` of a sender stores a message once; with another
    text it raises IdUsed.
    """
    return _number(await post(room, text, sender=sender, id=id))


async def apost_notice(room: str, text: str) -> int | None:
    """Post an announcement; return its number, or None in a room without history."""
    return _number(await _put(room, lambda found: _new(found, MODERATOR, _checked(text), kind="notice")))


async def asend_event(room: str, event: str, data: Any) -> None:
    """Send everybody in the room an `event` frame with JSON data of at most 16 KiB. It is not stored."""
    content = msgspec.json.encode(data, enc_hook=_plain)
    if len(content) > MAX_EVENT:
        raise TooLong(f"An event has at most {MAX_EVENT} bytes of JSON.")
    if len(event) > MAX_NAME or is_blank(event) or not event.isprintable():
        raise ValueError(f"An event has a name of 1 to {MAX_NAME} visible characters.")
    found = await find_room(room)
    await at_server(broadcast_frame, found, access_version(found), Event(event, msgspec.Raw(content)))


async def adelete_message(room: str, seq: int, *, owner: str | None = None) -> int:
    """Delete a message, as a moderator unless as its `owner`; return the number of the deletion.

    Raises MessageNotFound, and PermissionError for the message of another owner.
    """
    seq = index(seq)

    def new(found: Room) -> NewMessage:
        if not found.epoch:
            raise MessageNotFound("This room keeps no messages.")
        member = MODERATOR if owner is None else identify_program(found.name, owner, "")
        return _new(found, member, "", kind="deleted", target=seq)

    status, row = await _put(room, new)
    if row is None:
        raise MessageNotFound(f"There is no message {seq}.")
    if status is StoreStatus.FORBIDDEN:
        raise PermissionError("The message is another's.")
    return row.seq


async def adisconnect(room: str, member: str | None = None) -> None:
    """Disconnect the member of this id, or everybody, with 4008. They may come back."""
    if member is not None and not (member.isalnum() and len(member) <= MAX_ID):
        raise ValueError("No member has such an id.")
    await at_server(_disconnect, await find_room(room), [member or ""])


async def amembers(room: str) -> list[Person]:
    found = await find_room(room)
    return await at_server(members_of, found.pk or 0, room_key(found.name))


async def aconnection_token(user_id: str | int, **options: Any) -> str:
    return connection_token(user_id, **options)


async def post(
    room: str, text: str, *, sender: str, id: str | None = None, owner: str | None = None
) -> StoreResult:
    """Post a message whose id belongs to the `owner`, such as `token:7`, instead of the sender.

    The result tells whether it was stored before; it has no row in a room without history.
    """
    content, name = _checked(text, id), usable_name(sender)
    if name is None:
        raise ValueError("The sender is no usable name: 1 to 32 visible characters.")

    def new(found: Room) -> NewMessage:
        return _new(found, identify_program(found.name, owner or f"sender:{name}", name), content, id)

    result = await _put(room, new, name)
    if result.status is StoreStatus.ID_USED:
        raise IdUsed("This id stands for another text.")
    return result


def _number(result: StoreResult) -> int | None:
    return None if result.row is None else result.row.seq


def _new(room: Room, member: Person, text: str, id: str | None = None, **fields: Any) -> NewMessage:
    return NewMessage(room, access_version(room), member, text, message_key(id), **fields)


def _checked(text: str, id: str | None = None) -> str:
    """Return the text as a str if a member could say it. Raises ValueError."""
    frame = {"type": "say", "text": text} | ({} if id is None else {"id": id})
    say = cast(Say, protocol.decode(msgspec.json.encode(frame, enc_hook=_plain).decode()))
    if len(say.text) > settings.ROOMS_MAX_TEXT:
        raise TooLong(f"A text has at most {settings.ROOMS_MAX_TEXT} characters.")
    return say.text


def _plain(value: Any) -> str:
    """Return a str in place of what Django's templates and translations return."""
    if isinstance(value, str | Promise):
        return "".join(str(value))
    raise TypeError(f"{type(value).__name__} is no JSON.")


async def _put(name: str, new: Callable[[Room], NewMessage], sender: str | None = None) -> StoreResult:
    """Store what `new` makes for the room as it is, or send it if the room keeps nothing."""
    for _ in range(ATTEMPTS):
        message = new(await find_room(name, sender))
        if not message.room.epoch:
            await at_server(broadcast_message, message)
            return StoreResult(StoreStatus.STORED)
        result = await at_server(_store, message, is_stored=True)
        if result.status is not StoreStatus.OUTSIDE:
            break
    if result.status in UNKNOWN:
        raise Unavailable("The store is out of reach; try again later, with the same id.")
    return result


async def _store(message: NewMessage) -> StoreResult:
    result = await current_writer().store(message)
    if server_loop() is None:  # this loop may end now, and its tasks in the background with it
        await current_publisher().flush()
        if result.row is not None and result.row.seq % PRUNE_EVERY == 0:
            with suppress(DatabaseError):
                await in_writers_thread(prune)(message.room.pk)
    return result


async def _disconnect(room: Room, members: list[str]) -> None:
    if room.pk:
        await in_recorders_thread(enforcement.disconnect)(room, members)
    else:
        await broadcast(room_group(room.name), None, disconnected=members)


async def find_room(name: str, sender: str | None = None) -> Room:
    """Return the room as it is now. Raises ValueError for a sender that is a user's name."""
    return await reached(database_sync_to_async(_query), name, sender)


def _query(name: str, sender: str | None) -> Room:
    if connection.in_atomic_block:
        raise RuntimeError("rooms.api is not for code inside atomic(): call it by transaction.on_commit().")
    room = query_rooms([name]).get(room_key(name)) if is_room_name(name) else None
    if room is None:
        raise RoomNotFound(f"There is no room {name!r}.")
    users = get_user_model()._default_manager
    if sender is not None and users.filter(**{f"{users.model.USERNAME_FIELD}__iexact": sender}).exists():
        raise ValueError(f"{sender!r} is the name of a user.")
    return room


post_message = blocking(apost_message)
post_notice = blocking(apost_notice)
send_event = blocking(asend_event)
delete_message = blocking(adelete_message)
disconnect = blocking(adisconnect)
members = blocking(amembers)
