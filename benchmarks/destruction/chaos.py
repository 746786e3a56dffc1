"""What happens to whom, and when: the same for the same seed."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from benchmarks.destruction.client import Client
from benchmarks.destruction.fleet import Fleet
from benchmarks.destruction.stores import Disaster, Store
from benchmarks.destruction.venue import News
from rtproject.tests.support.valkey import Valkey

SHORTEST = 0.5  # seconds: at times it is no more than a hiccup, at times so long that nobody can wait for it


@dataclass(frozen=True)
class Plan:
    """How long it takes, in seconds at least, and how often what happens in that time."""

    seconds: float
    processes: int
    cuts: int
    layer: int
    store: int
    longest: float  # seconds that anything is away at most

    @classmethod
    def of(cls, minutes: float) -> Self:
        """As much as a machine of two cores bears: it has to start again what was ended."""
        return cls(
            seconds=minutes * 60,
            processes=max(4, round(minutes * 9)),
            cuts=max(1, round(minutes * 60)),
            layer=max(2, round(minutes * 5)),
            store=max(3, round(minutes * 4)),
            longest=10.0,
        )


class Chaos:
    """Destroys by a plan. Several things may be broken at a time; when `run` returns, everything is up again.

    `done` counts what happened by its name, `events` says when it was. Each kind draws from a source of chance of its
    own, so what happens to one does not depend on how long another took.
    """

    def __init__(
        self, plan: Plan, seed: int, fleet: Fleet, valkey: Valkey, store: Store, clients: Sequence[Client],
        news: News,
    ) -> None:  # fmt: skip
        self.done: Counter[str] = Counter()
        self.events: list[str] = []
        self._plan, self._seed = plan, seed
        self._fleet, self._valkey, self._store = fleet, valkey, store
        self._clients, self._news = clients, news

    async def run(self) -> None:
        """Everything that is planned, spread over the time. Raises whatever keeps something from starting again."""
        plan = self._plan
        kill = ("processes killed", self._kill)
        processes = [kill, ("processes paused", self._freeze), kill, ("processes restarted", self._replace)]
        layer = [("Valkey restarted", self._restart), ("Valkey paused", self._pause)]
        async with asyncio.TaskGroup() as kinds:
            kinds.create_task(self._spread(plan.processes, processes))
            kinds.create_task(self._spread(plan.cuts, [("connections cut", self._cut)]))
            kinds.create_task(self._spread(plan.layer, layer))
            kinds.create_task(self._spread(plan.store, self._store.disasters))

    async def _spread(self, times: int, disasters: Sequence[tuple[str, Disaster]]) -> None:
        """Lets these happen in turn, `times` in all, each at a random moment of its share of the time."""
        loop = asyncio.get_running_loop()
        begin, share = loop.time(), self._plan.seconds / times
        rng = random.Random(f"{self._seed} {disasters[0][0]}")  # noqa: S311 - chance that can be repeated
        turns = itertools.cycle(disasters)
        for number in range(times):
            moment = begin + (number + rng.random()) * share
            await asyncio.sleep(max(0.0, moment - loop.time()))
            name, disaster = next(turns)
            since = _now()
            await disaster(rng, rng.uniform(SHORTEST, self._plan.longest))
            self.events.append(f"{since} to {_now()} {name}")
            self.done[name] += 1

    async def _kill(self, rng: random.Random, away: float) -> None:
        ports = self._fleet.ports
        victims = rng.sample(ports, rng.choice([1, 1, 1, 1, 2, len(ports)]))
        await self._fleet.kill(*victims)
        self.done["processes killed"] += len(victims) - 1
        await asyncio.sleep(away / 5)  # to start takes its time as well
        await self._fleet.start(*victims)

    async def _replace(self, rng: random.Random, _: float) -> None:
        port = rng.choice(self._fleet.ports)
        await self._fleet.stop(port)
        await self._fleet.start(port)

    async def _freeze(self, rng: random.Random, away: float) -> None:
        with self._fleet.paused(rng.choice(self._fleet.ports)):
            await asyncio.sleep(away)

    async def _cut(self, rng: random.Random, _: float) -> None:
        await self._news.until(lambda: any(client.connected for client in self._clients))
        rng.choice([client for client in self._clients if client.connected]).cut(rng)

    async def _restart(self, _: random.Random, away: float) -> None:
        await asyncio.to_thread(self._valkey.stop)
        await asyncio.sleep(away / 5)
        await asyncio.to_thread(self._valkey.start)

    async def _pause(self, _: random.Random, away: float) -> None:
        self._valkey.pause()
        await asyncio.sleep(away)
        self._valkey.resume()


def _now() -> str:
    return datetime.now(UTC).isoformat(" ", "milliseconds")
