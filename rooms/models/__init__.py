"""Rooms, their messages with the sequence of numbers, disconnections, bans, reserved names, and the identity key."""

from rooms.models.messages import Message, MessageSequence, new_epoch, unlink_sequence
from rooms.models.room import (
    NAME_IS_FINAL,
    Ban,
    Disconnection,
    IdentityKey,
    ReservedName,
    Room,
    can_be_password,
    matches,
    normalized,
)

__all__ = [
    "NAME_IS_FINAL",
    "Ban",
    "Disconnection",
    "IdentityKey",
    "Message",
    "MessageSequence",
    "ReservedName",
    "Room",
    "can_be_password",
    "matches",
    "new_epoch",
    "normalized",
    "unlink_sequence",
]
