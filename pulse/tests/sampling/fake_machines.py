"""Machines that a test plays: their pulses on the page's WebSocket, and stored samples."""

import asyncio
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from statistics import fmean
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Page, Route, WebSocketRoute

from pulse.protocol import moment, rfc3339
from pulse.tests.support import NOON
from rtproject.tests.support.browser import LONGEST_WAITS

BEAT = 5  # seconds
STEPS = {300: BEAT, 3600: 30, 86400: 300, 604800: 3600, 7776000: 21600}  # seconds, by range
GIB = 2**30
DASH = "\N{EN DASH}"  # what the page shows where there is no figure

Frame = dict[str, Any]

# Of each measure the highest that was kept before the test, and how it is read from a frame.
MEASURES: dict[str, tuple[float, Callable[[Frame], float]]] = {
    "cpu": (70, lambda frame: frame["cpu"]),
    "memory": (50, lambda frame: frame["memory"]["percent"]),
    "swap": (9, lambda frame: frame["swap"]["percent"]),
    "load": (1.5, lambda frame: frame["load"][0]),
    "disk": (30, lambda frame: frame["disk"]["percent"]),
    "sent": (4e5, lambda frame: frame["network"]["sent"]),
    "received": (3e6, lambda frame: frame["network"]["received"]),
}


def pulse(host: str, at: float = NOON, cpu: float = 12.5, **changes: Any) -> Frame:
    """A pulse frame of a nearly idle machine with two cores, with `changes` to its fields."""
    frame = {
        "type": "pulse",
        "host": host,
        "at": rfc3339(moment(at)),
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


def alert(host: str, metric: str, state: str, since: float = NOON, **changes: Any) -> Frame:
    """An entry of an `alerts` frame."""
    entry = {"host": host, "metric": metric, "state": state, "value": 97.1, "threshold": 90.0}
    return entry | {"since": rfc3339(moment(since)), "until": None} | changes


def wave(number: int, height: float = 60.0) -> float:
    """Something to draw: between a sixth of `height` and `height`."""
    return height * (7 + 5 * math.sin(number / 9)) / 12


class FakeMachines:
    """A server that a test plays; `kept` are the hosts with samples stored until NOON.

    Since then it keeps what it tells or loses, and nothing else: where a machine did not measure there is a
    gap. It has the time of the page's clock, which the test has installed.
    """

    def __init__(self, page: Page, kept: Iterable[str] = ()) -> None:
        self.kept = dict.fromkeys(kept, NOON)  # by host, the time of its last sample before the test
        self.events: list[Frame] = []
        self.asked: list[str] = []  # the queries for kept samples
        self.asked_events = 0  # how often it was asked for events
        self.ahead = 0.0  # seconds that its clock is ahead of the page's
        self.fails: int | None = None  # the HTTP status while stored samples are unavailable
        self.refuses: int | None = None  # the code with which connections are accepted and closed at once
        self.attempts: asyncio.Queue[str] = asyncio.Queue()  # the addresses of connections
        self._page = page
        self._link: WebSocketRoute | None = None
        self._greeting: list[Frame] = []
        self._is_away = False
        self._measured: dict[str, dict[float, Frame]] = defaultdict(dict)  # by host and Unix time

    async def install(self, *greeting: Frame) -> None:
        """Take the server's place; a new connection gets the frames of `greeting`."""
        self._greeting = list(greeting)
        await self._page.add_init_script(LONGEST_WAITS)
        await self._page.route_web_socket("**/stats**", self._connect)
        await self._page.route("**/dashboard/samples/**", self._samples)
        await self._page.route("**/dashboard/events/**", self._events)

    def tell(self, *frames: Frame) -> None:
        """Send frames to the page, and keep those that are pulses."""
        self.lose(*(frame for frame in frames if frame["type"] == "pulse" and "host" in frame))
        self.tell_text(*map(json.dumps, frames))

    def lose(self, *pulses: Frame) -> None:
        """Keep pulses that do not reach the page, as while only the channel layer is away."""
        for frame in pulses:
            self._measured[frame["host"]][datetime.fromisoformat(frame["at"]).timestamp()] = frame

    def tell_text(self, *texts: str) -> None:
        """Send any text to the page."""
        assert self._link is not None
        for text in texts:
            self._link.send(text)

    def tell_alerts(self, *alerts: Frame, **more: Any) -> None:
        """Send the list of alerts as it is now."""
        self.tell({"type": "alerts", "alerts": list(alerts)} | more)

    async def hang_up(self, for_good: bool = False) -> None:
        """End the page's connection; accept no new one if it is `for_good`."""
        assert self._link is not None
        self._is_away = for_good
        await self._link.close(code=4103)

    async def _connect(self, link: WebSocketRoute) -> None:
        self.attempts.put_nowait(link.url)
        if self.refuses is not None:
            # After this, by which the link is open: the server too accepts a link to close it with a code.
            asyncio.get_running_loop().create_task(link.close(code=self.refuses))
            return
        if self._is_away:
            await link.close(code=4103)
            return
        self._link = link
        self.tell(*self._greeting)

    async def _samples(self, route: Route) -> None:
        query = urlsplit(route.request.url).query
        self.asked.append(query)
        if self.fails is not None:
            await route.fulfill(status=self.fails)
            return
        now = self.ahead + await self._page.evaluate("Date.now() / 1000")
        await route.fulfill(json=self._answer(int(parse_qs(query)["range"][0]), now))

    async def _events(self, route: Route) -> None:
        self.asked_events += 1
        if self.fails is not None:
            await route.fulfill(status=self.fails)
            return
        host = parse_qs(urlsplit(route.request.url).query).get("host")
        found = [event for event in self.events if host in (None, [event["host"]])]
        await route.fulfill(json={"events": found})

    def _answer(self, seconds: int, now: float) -> dict[str, Any]:
        step = STEPS[seconds]
        steps = range(int((now - seconds) // step) + 1, int(now // step) + 1)
        names = sorted({*self.kept, *self._measured})
        hosts = {name: self._series(name, steps, step) for name in names}
        return {"now": now, "range": seconds, "step": step, "hosts": hosts}

    def _last(self, name: str) -> float:
        return max(self.kept.get(name, 0), *self._measured[name], 0)

    def _series(self, name: str, steps: range, step: float) -> dict[str, Any]:
        metrics = {}
        for measure in MEASURES:
            samples = [self._samples_of(name, measure, number, step) for number in steps]
            means = [fmean(each) if each else None for each in samples]
            peaks = [max(each) * (1 if step == BEAT else 1.3) if each else None for each in samples]
            metrics[measure] = {"mean": means, "peak": peaks}
        last = self._last(name)
        return {"start": steps[0] * step, "interval": BEAT, "last": last, "seen": last, "metrics": metrics}

    def _samples_of(self, name: str, measure: str, number: int, step: float) -> list[float]:
        """Return the samples of one step."""
        height, read = MEASURES[measure]
        since = [frame for at, frame in self._measured[name].items() if at // step == number]
        before = [wave(number, height)] if number * step <= self.kept.get(name, 0) else []
        return before or [read(frame) for frame in since]
