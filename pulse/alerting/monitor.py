"""Checks of hosts and alerts in every process, and alerts for its dashboards.

A stale host cannot report itself, and may have run the only worker. So servers and workers all check;
the database allows at most one open alert for each host and metric.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable

import msgspec
from django.conf import settings

from pulse.alerting import engine
from pulse.alerting.staleness import Staleness
from pulse.protocol import ALERTS_GROUP, Alerts
from rtproject.utils.database_threads import in_recorders_thread
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.utils.failure_log import FailureLog
from rtproject.websocket.utils.loop_local import loop_local

MIN_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 1.0, 5.0  # between checks: PULSE_INTERVAL within these bounds
MISSED_CHECKS = 3  # after so many, staleness starts again
CHECK_TIMEOUT = 5.0

announcing = FailureLog("announcing changed alerts")


async def announce_alerts() -> None:
    """Make the monitors of all processes check now. A failure is logged: they check anyway."""
    with announcing:
        await broadcast(ALERTS_GROUP, None)


class Monitor:
    """The checks of one process. Use `current_monitor()`."""

    def __init__(self) -> None:
        self._pause = min(max(MIN_PAUSE_SECONDS, settings.PULSE_INTERVAL), MAX_PAUSE_SECONDS)
        self._staleness = Staleness(MISSED_CHECKS * self._pause)
        self._subscribers: set[Callable[[Alerts], None]] = set()
        self._alerts: Alerts | None = None  # as sent last
        self._woken = asyncio.Event()
        self._failures = FailureLog("checking hosts and alerts")

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            self._woken.clear()
            await self._check()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause):
                    await self._woken.wait()

    def wake(self) -> None:
        """Check now: something has changed."""
        self._woken.set()

    def subscribe(self, show: Callable[[Alerts], None]) -> None:
        """Call `show`, which must neither wait nor raise, with the alerts and at each change."""
        self._subscribers.add(show)
        if self._alerts is None:
            self.wake()
        else:
            show(self._alerts)

    def unsubscribe(self, show: Callable[[Alerts], None]) -> None:
        """Call `show` no more, if it subscribed."""
        self._subscribers.discard(show)

    async def _check(self) -> None:
        with self._failures:
            async with asyncio.timeout(CHECK_TIMEOUT):
                changed = await in_recorders_thread(engine.find_stale_hosts)(
                    self._staleness, time.monotonic()
                )
                # A process without dashboards need not read their alerts.
                alerts = await in_recorders_thread(engine.current_alerts)() if self._subscribers else None
            self._send(alerts)
            if changed:
                await announce_alerts()
            return
        self._staleness.reset()
        if self._subscribers:
            self._send(msgspec.structs.replace(self._alerts or Alerts((), {}), current=False))

    def _send(self, alerts: Alerts | None) -> None:
        if alerts == self._alerts:
            return
        self._alerts = alerts
        if alerts is not None:
            for show in list(self._subscribers):
                show(alerts)


current_monitor = loop_local(Monitor)
