"""The stored pulses that a client of `/stats` gets first, read once for all who come at the same time."""

from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

import msgspec

from pulse.models import Host, Sample
from pulse.protocol import MAX_HISTORY, MAX_REPLAY
from rtproject.utils.database_threads import in_public_thread
from rtproject.utils.rows import read_rows
from rtproject.utils.ttl_cache import TTLCache
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.utils.loop_local import loop_local


class StoredPulse(NamedTuple):
    """A sample, with its frame as all clients get it."""

    at: datetime
    host: str
    seq: int
    frame: Frame


class _Row(msgspec.Struct, array_like=True):
    at: datetime
    seq: int
    frame: str


class StoredPulses:
    """The newest pulses of each live host, MAX_REPLAY of all hosts together.

    A host's are read again when it has stored another pulse.
    """

    def __init__(self) -> None:
        self._hosts: dict[str, tuple[tuple[int, str], list[StoredPulse]]] = {}

    def read(self, host: str | None, now: datetime | None = None) -> dict[str, list[StoredPulse]]:
        """Return the newest pulses by host, or of `host` alone, oldest first. Blocks. Raises django.db.Error."""
        live = Host.objects.live(now)
        if host is not None:
            # Compared here and not in SQL: `host` may come from a query string and hold a NUL.
            return {each.name: _newest(each.name, MAX_HISTORY) for each in live if each.name == host}
        most = min(MAX_HISTORY, max(1, MAX_REPLAY // max(1, len(live))))
        self._hosts = {each.name: self._of(each, most) for each in live}
        return {name: pulses for name, (_, pulses) in self._hosts.items()}

    def _of(self, host: Host, most: int) -> tuple[tuple[int, str], list[StoredPulse]]:
        state, known = (most, host.frame), self._hosts.get(host.name)
        return known if known is not None and known[0] == state else (state, _newest(host.name, most))


def _newest(host: str, most: int) -> list[StoredPulse]:
    # By time and not by `seq`, whose scale depends on PULSE_INTERVAL. An index has the order.
    rows = read_rows(Sample.objects.filter(host=host).order_by("-at")[:most], _Row)
    return [StoredPulse(row.at, host, row.seq, Frame(row.frame)) for row in rows[::-1]]


_current = loop_local(lambda: TTLCache(in_public_thread(StoredPulses().read)))


async def stored_pulses(count: int, host: str | None) -> list[StoredPulse]:
    """Return the `count` newest pulses of each live host, or of `host` alone, oldest first.

    With many hosts there are fewer of each, MAX_REPLAY in all. Read after this was called. Raises django.db.Error or
    TimeoutError.
    """
    return newest(await _current().get(host), count) if count else []


def newest(found: dict[str, list[StoredPulse]], count: int) -> list[StoredPulse]:
    """Return the `count` newest of each host in one row, oldest first."""
    return sorted((pulse for pulses in found.values() for pulse in pulses[-count:]), key=attrgetter("at"))
