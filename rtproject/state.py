"""The state of the server for the home page, read once every few seconds for all its readers."""

import asyncio
import json
from dataclasses import dataclass

from django.conf import settings

from pulse.models import Host
from rooms.listing import current_room_list
from rtproject.utils.failure_log import FailureLog
from rtproject.utils.loop_local import loop_local
from rtproject.utils.ttl_cache import TTLCache, in_reader_thread

FRESH_SECONDS = 3.0
STORE_TIMEOUT = 3.0  # seconds


@dataclass(frozen=True, slots=True)
class Pulse:
    """The newest pulse of this machine: its name, and percent of its processors and its memory."""

    host: str
    cpu: float
    memory: float


@dataclass(frozen=True, slots=True)
class State:
    """A value is None if it is unknown; `machines` and `pulse` also if the pulse is for staff only.

    `rooms` counts the rooms that an admin made, `people` the members of all rooms, `machines` the hosts with a pulse.
    """

    store: bool
    layer: bool
    rooms: int | None
    people: int | None
    machines: int | None
    pulse: Pulse | None

    @property
    def ok(self) -> bool:
        """Whether everything answers."""
        return self.store and self.layer


_store = FailureLog("reading the newest pulse")


async def _read_state() -> State:
    listed = await current_room_list()
    machines, pulse = None, None
    if settings.PULSE_PUBLIC and listed.total is not None:
        with _store:
            async with asyncio.timeout(STORE_TIMEOUT):
                machines, pulse = await _read_pulse()
    return State(
        listed.total is not None, listed.people is not None, listed.total, listed.people, machines, pulse
    )


@in_reader_thread
def _read_pulse() -> tuple[int, Pulse | None]:
    frames = {host.name: host.frame for host in Host.objects.live()}
    mine = frames.get(settings.PULSE_HOST)
    pulse = json.loads(mine) if mine else None
    return len(frames), pulse and Pulse(pulse["host"], pulse["cpu"], pulse["memory"]["percent"])


_current_state = loop_local(lambda: TTLCache(_read_state, FRESH_SECONDS))


async def current_state() -> State:
    """Return the state as it was at most FRESH_SECONDS ago. Never raises."""
    return await _current_state().get()
