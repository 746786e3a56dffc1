"""Live figures for whoever looks: what is stored first, then every pulse as it comes."""

import asyncio
from collections.abc import Iterable

import msgspec
from channels.db import database_sync_to_async

from pulse.alerting.monitor import current_monitor
from pulse.models import Sample
from pulse.permissions import can_view_pulse, current_viewers
from pulse.protocol import ALERTS_GROUP, GROUP, MOST_HISTORY, Alerts, encode
from rtproject.utils.failure_log import FailureLog
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.consumer import WebsocketConsumer
from rtproject.websocket.exceptions import ConnectionDenied
from rtproject.websocket.groups.registry import GroupEvent
from rtproject.websocket.query import whole_number
from rtproject.websocket.transport.frames import Frame

STORE_SECONDS = 1.0  # how long a newcomer waits for stored samples before it gets only live ones
STRAY_TICKS = 10  # further behind, a pulse is no late double: the clock or PULSE_INTERVAL was changed

# One for the process: many dashboards find the same store out of reach.
store_outage = FailureLog("reading stored pulses")


@database_sync_to_async
def newest_samples(count: int, host: str | None) -> list[Sample]:
    """See SampleQuerySet.newest. Raises django.db.Error if the database cannot be asked."""
    return Sample.objects.newest(count, host)


class PulseConsumer(WebsocketConsumer):
    """`/stats?host=…&history=N&alerts=1`: forwards pulses, at most one for each host and tick.

    Only who asks for alerts is told of them, so that the other clients hear of pulses alone. It ignores what the
    client says. It serves live pulses also if the store is out of reach: that is when somebody wants to see them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._host: str | None = None  # the only one that is forwarded, if there is one
        self._newest: dict[str, int] = {}  # by host, the `seq` that was sent last
        self._early: list[GroupEvent] | None = []  # what came during the replay; None when that is over
        self._alerts: Alerts | None = None  # what was told last

    async def connect(self) -> None:
        """Accepts, and sends the newest stored samples. ConnectionDenied with 4003: no staff, PULSE_PUBLIC off."""
        if not can_view_pulse(self.scope.get("user")):
            raise ConnectionDenied(CloseCode.FORBIDDEN)
        current_viewers().enter(self)
        self._host = self.query.get("host") or None
        await self.join(GROUP)
        wants_alerts = self.query.get("alerts") == "1"
        if wants_alerts:
            await self.join(ALERTS_GROUP)
        await self.accept()
        await self._replay(await self._stored())
        early, self._early = self._early, None
        for event in early or ():
            self.deliver(event)
        if wants_alerts:
            current_monitor().show_to(self)

    async def disconnect(self, code: int) -> None:
        """Hears of no alert any more."""
        current_monitor().forget(self)
        current_viewers().leave(self)

    def show_alerts(self, alerts: Alerts) -> None:
        """Sends the alerts, of the one host that was asked for, and the thresholds, if they are not as sent last."""
        entries = tuple(alert for alert in alerts.alerts if self._host in (None, alert.host))
        wanted = msgspec.structs.replace(alerts, alerts=entries)
        if wanted != self._alerts:
            self._alerts = wanted
            self.send_queue.write(Frame(encode(wanted)))

    def deliver(self, event: GroupEvent) -> None:
        """Forwards the pulses that were asked for; those that come during the replay, after it."""
        if "host" not in event.tags:
            current_monitor().wake()
        elif self._early is not None:
            self._early.append(event)
        elif self._host in (None, event.tags["host"]) and self._is_new(event.tags["host"], event.tags["seq"]):
            super().deliver(event)

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
