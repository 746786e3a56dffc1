"""Rooms that keep what is said, and what is said in them."""

import secrets
from datetime import timedelta

from django.db.models import F

from rooms.access.loader import query_rooms
from rooms.access.versions import access_version
from rooms.history.store import NewMessage, StoreResult, store_messages
from rooms.models import Message, Room
from rooms.names import room_key
from rooms.protocol import Person
from rooms.tests.support import make_room

ADA = Person("a" * 24, "Ada", guest=True)
BOB = Person("b" * 24, "Bob", guest=False)


def keeping_room(name: str = "lobby", password: str | None = None, **fields: object) -> Room:
    """A new room as those who come in read it, with its sequence."""
    make_room(name, password, **fields)
    return read_again(name)


def read_again(name: str) -> Room:
    """A room as it is now."""
    return query_rooms([name])[room_key(name)]


def new_message(
    room: Room, text: str = "hi", client_id: str | None = None, member: Person = ADA
) -> NewMessage:
    """What `member`, who came in when the room was as it is in `room`, wants to have stored."""
    key = f":{secrets.token_hex(16)}" if client_id is None else f"={client_id}"
    return NewMessage(room, access_version(room), member, text, key)


def put(*new_messages: NewMessage, again: bool = False) -> list[StoreResult]:
    """Stores them in one go."""
    return store_messages(new_messages, lambda: None, again)


def put_texts(room: Room, *texts: str) -> list[Message]:
    """Stores one message for each text; returns their rows."""
    results = put(*(new_message(room, text) for text in texts))
    return [result.row for result in results if result.row is not None]


def put_many(room: Room, count: int) -> list[Message]:
    """Stores messages whose texts are their numbers, in a room that had none."""
    return put_texts(room, *(str(number) for number in range(1, count + 1)))


def make_older(**delta: float) -> None:
    """Lets all messages have been said earlier, by so much time."""
    Message.objects.update(at=F("at") - timedelta(**delta))
