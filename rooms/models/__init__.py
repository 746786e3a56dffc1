"""Rooms, their messages with the sequence of numbers, disconnections, bans, reserved names, and the identity key."""

from rooms.models.messages import Message as Message
from rooms.models.messages import MessageSequence as MessageSequence
from rooms.models.messages import new_epoch as new_epoch
from rooms.models.messages import unlink_sequence as unlink_sequence
from rooms.models.room import NAME_IS_FINAL as NAME_IS_FINAL
from rooms.models.room import Ban as Ban
from rooms.models.room import Disconnection as Disconnection
from rooms.models.room import IdentityKey as IdentityKey
from rooms.models.room import ReservedName as ReservedName
from rooms.models.room import Room as Room
from rooms.models.room import can_be_password as can_be_password
from rooms.models.room import matches as matches
from rooms.models.room import normalized as normalized
