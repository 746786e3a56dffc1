"""The consumer of `/stats`: stored samples first, then every pulse as it comes."""

import asyncio

import msgspec

from pulse.alerting.monitor import current_monitor
from pulse.permissions import can_view_pulse, current_viewers
from pulse.protocol import ALERTS_GROUP, GROUP, MAX_HISTORY, STRAY_TICKS, Alerts, encode
from pulse.storage.replay import StoredPulse, stored_pulses
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.consumer import WebsocketConsumer
from rtproject.websocket.exceptions import ClientError, ConnectionDenied
from rtproject.websocket.groups.registry import GroupEvent
from rtproject.websocket.query import whole_number
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.utils.failure_log import FailureLog

REPLAY_TIMEOUT = 1.0  # for reading stored samples; without them a client gets live pulses only
PART = 100  # stored samples sent at a time: other clients have their turn in between

# One for the process: many clients meet the same failure of the store.
reading_samples = FailureLog("reading stored pulses")


class PulseConsumer(WebsocketConsumer):
    """`/stats?host=…&history=N&alerts=1`: forwards pulses, at most one for each host and tick.

    Only clients that ask for alerts get them: the others expect pulses alone. Frames from the client are
    ignored, until there are too many. Without the store, live pulses are still sent.
    """

    def __init__(self) -> None:
        super().__init__()
        self._host: str | None = None  # the only host to forward, if any
        self._newest: dict[str, int] = {}  # by host, the `seq` that was sent last
        self._early: list[GroupEvent] | None = []  # pulses that came during the replay; None after it
        self._alerts: Alerts | None = None  # as sent last

    async def connect(self) -> None:
        """Accept, and send stored samples. Raise ConnectionDenied (4003) without permission."""
        if not can_view_pulse(self.scope.get("user")):
            raise ConnectionDenied(CloseCode.FORBIDDEN)
        current_viewers().enter(self)
        self._host = self.query.get("host") or None
        await self.join(GROUP)
        wants_alerts = self.query.get("alerts") == "1"
        if wants_alerts:
            await self.join(ALERTS_GROUP)
        await self.accept()
        await self._replay()
        early, self._early = self._early, None
        for event in early or ():
            self.deliver(event)
        if wants_alerts:
            current_monitor().subscribe(self.show_alerts)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Refuse every frame, without an answer: a client has nothing to say here."""
        raise ClientError("forbidden", "This endpoint only sends.")

    async def disconnect(self, code: int) -> None:
        """Stop alerts and checks of the session."""
        current_monitor().unsubscribe(self.show_alerts)
        current_viewers().leave(self)

    def show_alerts(self, alerts: Alerts) -> None:
        """Send the alerts and thresholds of the requested host, if they have changed."""
        entries = tuple(alert for alert in alerts.alerts if self._host in (None, alert.host))
        own = {host: each for host, each in alerts.host_thresholds.items() if self._host in (None, host)}
        wanted = msgspec.structs.replace(alerts, alerts=entries, host_thresholds=own)
        if wanted != self._alerts:
            self._alerts = wanted
            self.send_queue.write(Frame(encode(wanted)))

    def deliver(self, event: GroupEvent) -> None:
        """Forward the requested pulses; those that come during the replay wait for its end."""
        if event.text is None:
            current_monitor().wake()
        elif not event.tags:  # of other code
            super().deliver(event)
        elif self._early is not None:
            self._early.append(event)
        elif self._host in (None, event.tags["host"]) and self._is_new(event.tags["host"], event.tags["seq"]):
            super().deliver(event)

    async def _replay(self) -> None:
        stored = await self._stored()
        for start in range(0, len(stored), PART):
            part = stored[start : start + PART]
            self._newest.update((pulse.host, pulse.seq) for pulse in part)
            if not await self.send_queue.write_through(Frame.joined([pulse.frame for pulse in part])):
                break
            await asyncio.sleep(0)

    async def _stored(self) -> list[StoredPulse]:
        count = whole_number(self.query.get("history"), 0, MAX_HISTORY)
        with reading_samples:
            async with asyncio.timeout(REPLAY_TIMEOUT):
                return await stored_pulses(1 if count is None else count, self._host)
        return []

    def _is_new(self, host: str, seq: int) -> bool:
        newest = self._newest.get(host)
        if newest is not None and newest - STRAY_TICKS < seq <= newest:
            return False
        self._newest[host] = seq
        return True
