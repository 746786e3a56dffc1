"""Notices in every process that a host has fallen silent, and tells its dashboards of all alerts and thresholds.

A host that falls silent cannot tell it itself, and may have had the only worker. So each process looks, servers and
workers alike, and whoever sees it first stores it: the database holds at most one open alert of a host and metric.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

import msgspec
from django.conf import settings

from pulse.alerting import engine as engine
from pulse.alerting.staleness import Staleness
from pulse.protocol import ALERTS_GROUP, Alerts
from pulse.threads import in_storing_thread
from rtproject.utils.failure_log import FailureLog
from rtproject.utils.loop_local import loop_local
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.lifecycle import run_in_background

SOONEST, LATEST = 1.0, 5.0  # seconds between two looks; one for each pulse within them
PATIENCE_LOOKS = 3
LOOK_SECONDS = 5.0  # a store that has not answered by then is out of reach: one that hangs fails no query


async def tell_alerts_changed() -> None:
    """Has every process look at the alerts again. Raises LayerUnavailable if the layer cannot be reached."""
    await broadcast(ALERTS_GROUP, None)


class Dashboard(Protocol):
    """Somebody who is shown alerts. `show_alerts` must neither wait nor raise."""

    def show_alerts(self, alerts: Alerts) -> None: ...


class Monitor:
    """The look at hosts and alerts of one process. Use `current_monitor()`; there is one for each event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pause = min(max(SOONEST, settings.PULSE_INTERVAL), LATEST)
        self._staleness = Staleness(PATIENCE_LOOKS * self._pause)
        self._dashboards: dict[Dashboard, None] = {}
        self._alerts: Alerts | None = None  # as they were seen last
        self._woken = asyncio.Event()
        self._looking = FailureLog("looking at hosts and alerts")
        self._telling = FailureLog("telling that a host is silent")
        self._task: asyncio.Task[None] | None = None

    def ensure_running(self) -> None:
        """Begins to look, unless it does so already."""
        if self._task is None or self._task.done():
            self._task = run_in_background(self._run(), "pulse watch")

    def show_to(self, dashboard: Dashboard) -> None:
        """Tells `dashboard` of the alerts there are, and of each change until it is forgotten."""
        self.ensure_running()
        self._dashboards[dashboard] = None
        if self._alerts is None:
            self.wake()
        else:
            dashboard.show_alerts(self._alerts)

    def forget(self, dashboard: Dashboard) -> None:
        """Tells it no more. Forgetting twice does nothing."""
        self._dashboards.pop(dashboard, None)

    def wake(self) -> None:
        """Looks now instead of in a while: something has changed."""
        self._woken.set()

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            looked = False
            with self._looking:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._look()
                looked = True
            if not looked:
                self._staleness.reset()
                self._show_old()
            try:
                async with asyncio.timeout(self._pause):
                    await self._woken.wait()
            except TimeoutError:
                pass

    async def _look(self) -> None:
        changed = await in_storing_thread(engine.find_stale_hosts)(self._staleness, self._clock())
        if self._dashboards:
            self._show(await in_storing_thread(engine.current)())
        else:
            self._alerts = None  # a worker has no dashboards: it need not read what it tells nobody
        if changed:
            with self._telling:
                await tell_alerts_changed()

    def _show_old(self) -> None:
        """What was seen last may not be so any more."""
        if self._dashboards:
            self._show(msgspec.structs.replace(self._alerts or Alerts((), {}), current=False))

    def _show(self, alerts: Alerts) -> None:
        if alerts == self._alerts:
            return
        self._alerts = alerts
        for dashboard in list(self._dashboards):
            dashboard.show_alerts(alerts)


current_monitor = loop_local(Monitor)
