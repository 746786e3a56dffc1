"""Guarded rooms and addresses for tests of who may enter."""

from rooms.models import Room

HERE, THERE = "192.0.2.1", "192.0.2.2"


def guarded(name: str = "VIP", password: str = "secret123", pk: int = 1) -> Room:
    """A room with a password, not stored."""
    room = Room(pk=pk, name=name)
    room.set_password(password)
    return room
