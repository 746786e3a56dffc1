"""Live figures for whoever looks: what is stored first, then every pulse as it comes."""

import asyncio
from collections.abc import Iterable

from channels.db import database_sync_to_async
from django.conf import settings

from pulse.models import Sample
from pulse.protocol import GROUP, MOST_HISTORY
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.consumer import Consumer
from rtproject.websocket.errors import Refused
from rtproject.websocket.fanout import Event
from rtproject.websocket.outage import Outage
from rtproject.websocket.query import whole_number

STORE_SECONDS = 1.0  # how long a newcomer waits for stored samples before it gets only live ones
STRAY_TICKS = 10  # further behind, a pulse is no late double: the clock or PULSE_INTERVAL was changed

# One for the process: many dashboards find the same store out of reach.
store_outage = Outage("reading stored pulses")


@database_sync_to_async
def newest_samples(count: int, host: str | None) -> list[Sample]:
    """See SampleQuerySet.newest. Raises django.db.Error if the database cannot be asked."""
    return Sample.objects.newest(count, host)


class PulseConsumer(Consumer):
    """`/stats?host=…&history=N`: forwards pulses, at most one for each host and tick.

    It ignores what the client says. It serves live pulses also if the store is out of reach: that is when
    somebody wants to see them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._host: str | None = None  # the only one that is forwarded, if there is one
        self._newest: dict[str, int] = {}  # by host, the `seq` that was sent last
        self._early: list[Event] | None = []  # what came during the replay; None when that is over

    async def connect(self) -> None:
        """Accepts, and sends the newest stored samples. Refused with 4003: no staff, PULSE_PUBLIC off."""
        if not settings.PULSE_PUBLIC and not self._is_staff():
            raise Refused(CloseCode.FORBIDDEN)
        self._host = self.query.get("host") or None
        await self.join(GROUP)
        await self.accept()
        await self._replay(await self._stored())
        early, self._early = self._early, None
        for event in early or ():
            self.deliver(event)

    def deliver(self, event: Event) -> None:
        """Forwards the pulses that were asked for; those that come during the replay, after it."""
        if self._early is not None:
            self._early.append(event)
        elif self._host in (None, event.tags["host"]) and self._is_new(event.tags["host"], event.tags["seq"]):
            super().deliver(event)

    def _is_staff(self) -> bool:
        user = self.scope.get("user")
        return user is not None and user.is_active and user.is_staff

    async def _stored(self) -> list[Sample]:
        count = whole_number(self.query.get("history"), 0, MOST_HISTORY)
        with store_outage:
            async with asyncio.timeout(STORE_SECONDS):
                samples: list[Sample] = await newest_samples(1 if count is None else count, self._host)
                return samples
        return []

    async def _replay(self, samples: Iterable[Sample]) -> None:
        for sample in samples:
            self._newest[sample.host] = sample.seq
            await self.send(text_data=sample.frame)

    def _is_new(self, host: str, seq: int) -> bool:
        newest = self._newest.get(host)
        if newest is not None and newest - STRAY_TICKS < seq <= newest:
            return False
        self._newest[host] = seq
        return True
