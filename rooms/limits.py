"""What one address may do to a room, whatever the number of its connections. Each process counts for itself.

Connections behind one NAT share an address, so a refusal is not held against the connection that gets it.
"""

from django.conf import settings

from rooms.models import Room
from rtproject.websocket.exceptions import ClientError
from rtproject.websocket.throttling.rates import Rate, SlidingWindow
from rtproject.websocket.utils.loop_local import loop_local

LASTING = Rate(300, 600.0)  # messages in a room with history; in a large one, half of what it keeps
UNLISTED_ROOMS = 50  # that an address is in


class AddressLimits:
    """Counts by address. Use `current_limits()`. A caller inside the process has no address, and no limits."""

    def __init__(self) -> None:
        self._messages = SlidingWindow(settings.ROOMS_ADDRESS_RATE)
        self._lasting = SlidingWindow(LASTING)
        self._unlisted: dict[str, dict[str, set[object]]] = {}  # the connections, by address and room

    def take_message(self, room: Room, address: str | None, frame_id: str | None) -> bool:
        """Count a message; False if it may only be the repeat of a stored one. Raises ClientError above the rates."""
        if address is None or not settings.ROOMS_ADDRESS_RATE.count:
            return True
        key, most = _key(room, address), max(LASTING.count, room.history_size // 2)
        if not self._messages.take(key):
            raise too_many_messages(frame_id, "a second")
        if not room.epoch or self._lasting.take(key, most):
            return True
        if frame_id is None:
            raise too_many_messages(None)
        return False

    def give_back(self, room: Room, address: str | None) -> None:
        """Take back a message that was counted and not stored."""
        if address is not None:
            self._lasting.give_back(_key(room, address))

    def enter_unlisted(self, room: str, address: str | None, connection: object) -> bool:
        """Note that `connection` is in an unlisted room; False if its address is in too many others."""
        if address is None or not settings.ROOMS_ADDRESS_RATE.count:
            return True
        rooms = self._unlisted.setdefault(address, {})
        if room not in rooms and len(rooms) >= UNLISTED_ROOMS:
            return False
        rooms.setdefault(room, set()).add(connection)
        return True

    def leave_unlisted(self, room: str, address: str | None, connection: object) -> None:
        if address is None or (rooms := self._unlisted.get(address)) is None:
            return
        connections = rooms.get(room, set())
        connections.discard(connection)
        if not connections:
            rooms.pop(room, None)
        if not rooms:
            del self._unlisted[address]


def too_many_messages(frame_id: str | None, wait: str = "some minutes") -> ClientError:
    """The answer to a message above a limit of its address."""
    detail = f"Too many messages from this address in this room; wait {wait}."
    return ClientError("rate_limited", detail, frame_id, counts=False)


def _key(room: Room, address: str) -> tuple[int | str, str]:
    return room.pk or room.name, address


current_limits = loop_local(AddressLimits)
