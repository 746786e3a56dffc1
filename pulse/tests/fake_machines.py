"""Machines that a test plays: their pulses on the page's WebSocket, and what was kept of them."""

import json
import math
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Page, Route, WebSocketRoute

from pulse.protocol import timestamp
from pulse.tests.support import NOON

BEAT = 5  # seconds
STEPS = {300: BEAT, 3600: 30, 86400: 300}  # seconds, by range
GIB = 2**30
DASH = "\N{EN DASH}"  # what the page shows where there is no figure
MEASURES = {
    "cpu": 70,
    "memory": 50,
    "swap": 9,
    "load": 1.5,
    "disk": 30,
    "sent": 4e5,
    "received": 3e6,
}  # the highest


def pulse(host: str, at: float = NOON, cpu: float = 12.5, **changes: Any) -> dict[str, Any]:
    """A pulse frame of a machine with two cores that does not do much, unless `changes` say otherwise."""
    frame = {
        "type": "pulse",
        "host": host,
        "at": timestamp(at),
        "seq": int(at // BEAT),
        "interval": BEAT,
        "cpu": cpu,
        "cores": [cpu, cpu],
        "memory": {"percent": 50.0, "used": 4 * GIB, "total": 8 * GIB},
        "swap": {"percent": 0.0, "used": 0, "total": 0},
        "load": [0.5, 0.4, 0.3],
        "disk": {"percent": 25.0, "used": 25 * GIB, "total": 100 * GIB},
        "network": {"sent": 2048, "received": 1_048_576},
        "uptime": 270_000,
    }
    return frame | changes


def alert(host: str, metric: str, state: str, since: float = NOON, **changes: Any) -> dict[str, Any]:
    """An entry of an `alerts` frame."""
    entry = {"host": host, "metric": metric, "state": state, "value": 97.1, "threshold": 90.0}
    return entry | {"since": timestamp(since), "until": None} | changes


def wave(number: int, height: float = 60.0) -> float:
    """Something to draw: between a sixth of `height` and `height`."""
    return height * (7 + 5 * math.sin(number / 9)) / 12


class FakeMachines:
    """Answers in the server's place; `kept` are the hosts of which samples were stored until `now`."""

    def __init__(self, page: Page, now: float = NOON, kept: Iterable[str] = ()) -> None:
        self.now = now
        self.kept = dict.fromkeys(kept, now)  # by host, the time of its last sample
        self.events: list[dict[str, Any]] = []
        self.asked: list[str] = []  # the queries for kept samples
        self.fails = False  # whether kept samples cannot be had
        self._page = page
        self._link: WebSocketRoute | None = None
        self._greeting: list[dict[str, Any]] = []
        self._is_away = False

    async def install(self, *greeting: dict[str, Any]) -> None:
        """Takes the server's place; `greeting` are the frames that a new connection is told."""
        self._greeting = list(greeting)
        await self._page.route_web_socket("**/stats**", self._connect)
        await self._page.route("**/dashboard/samples/**", self._samples)
        await self._page.route("**/dashboard/events/**", self._events)

    def tell(self, *frames: dict[str, Any]) -> None:
        """Sends frames to the page."""
        self.tell_text(*map(json.dumps, frames))

    def tell_text(self, *texts: str) -> None:
        """Sends whatever it is to the page."""
        assert self._link is not None
        for text in texts:
            self._link.send(text)

    def tell_alerts(self, *alerts: dict[str, Any]) -> None:
        """Sends the list of alerts as it is now."""
        self.tell({"type": "alerts", "alerts": list(alerts)})

    async def hang_up(self, for_good: bool = False) -> None:
        """Ends the page's connection, and takes no new one if it is `for_good`."""
        assert self._link is not None
        self._is_away = for_good
        await self._link.close(code=4103)

    async def _connect(self, link: WebSocketRoute) -> None:
        if self._is_away:
            await link.close(code=4103)
            return
        self._link = link
        self.tell(*self._greeting)

    async def _samples(self, route: Route) -> None:
        query = urlsplit(route.request.url).query
        self.asked.append(query)
        if self.fails:
            await route.fulfill(status=500)
        else:
            await route.fulfill(json=self._answer(int(parse_qs(query)["range"][0])))

    async def _events(self, route: Route) -> None:
        await route.fulfill(json={"events": self.events})

    def _answer(self, seconds: int) -> dict[str, Any]:
        step = STEPS[seconds]
        start = (self.now - seconds) // step * step + step
        hosts = {name: self._series(start, step, last) for name, last in self.kept.items() if last >= start}
        return {"now": self.now, "range": seconds, "step": step, "hosts": hosts}

    def _series(self, start: float, step: float, last: float) -> dict[str, Any]:
        length = int((self.now - start) // step) + 1
        measured = [start + number * step <= last for number in range(length)]
        metrics = {}
        for name, height in MEASURES.items():
            values = [wave(number, height) if was else None for number, was in enumerate(measured)]
            peaks = [None if value is None or step == BEAT else 1.3 * value for value in values]
            metrics[name] = {"mean": values, "peak": peaks}
        return {"start": start, "interval": BEAT, "last": last, "metrics": metrics}
