"""The state of the server, computed once every few seconds for all its readers."""

import asyncio
import json
from typing import Any

from django.conf import settings

from pulse.models import Host
from rooms.listing import current_room_list
from rtproject.utils.database_threads import in_public_thread, in_recorders_thread
from rtproject.utils.db import try_write
from rtproject.utils.ttl_cache import TTLCache
from rtproject.websocket.utils.failure_log import FailureLog
from rtproject.websocket.utils.loop_local import loop_local

FRESH_SECONDS = 3.0
STORE_TIMEOUT = 3.0  # seconds


_store = FailureLog("looking whether the store takes writes")


async def _read_state() -> dict[str, Any]:
    listed = await current_room_list()
    store, layer = False, listed.people is not None
    machines, pulse = None, None
    with _store:
        async with asyncio.timeout(STORE_TIMEOUT):
            await in_recorders_thread(try_write)()
            store = listed.total is not None
            if settings.PULSE_PUBLIC and store:
                machines, pulse = await _read_pulse()
    return {
        "ok": store and layer,
        "store": store,
        "layer": layer,
        "rooms": listed.total,
        "people": listed.people,
        "machines": machines,
        "pulse": pulse,
    }


@in_public_thread
def _read_pulse() -> tuple[int, dict[str, Any] | None]:
    frames = {host.name: host.frame for host in Host.objects.live()}
    mine = frames.get(settings.PULSE_HOST)
    pulse = json.loads(mine) if mine else None
    return len(frames), pulse and {
        "host": pulse["host"],
        "cpu": pulse["cpu"],
        "memory": (pulse["memory"] or {}).get("percent"),
    }


_current_state = loop_local(lambda: TTLCache(_read_state, FRESH_SECONDS))


async def current_state() -> dict[str, Any]:
    """Return the state as it was at most FRESH_SECONDS ago, as `/state/` shows it. Never raises.

    `rooms` counts the rooms that an admin made, `people` the members of all rooms, `machines` the hosts with a pulse.
    `pulse` is the newest one of this machine: its name, and percent of its processors and its memory. A value is None
    if it is unknown; `machines` and `pulse` also if the pulse is for staff only.
    """
    return await _current_state().get()
