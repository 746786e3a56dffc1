"""The failures of a run, chosen by chance: the same seed makes the same choices."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.destruction.client import Client
from benchmarks.destruction.processes import ServerProcess, SqliteFile, Store
from rtproject.tests.support.valkey import Valkey

SHORTEST = 0.5  # seconds: some failures are a hiccup, others last longer than anything waits

# Lets one of the services (or clients) fail for so many seconds, and returns a name for that.
Failure = Callable[[Sequence[Any], random.Random, float], Awaitable[str]]
Event = tuple[str, str, str]  # a failure: its beginning, its end, and its name


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The size of a run, and the number of failures of each kind.

    Each of `clients` sends `rate` messages a second, for `seconds` at least; a failure lasts `longest` at most.
    """

    processes: int
    clients: int
    rate: float
    seed: int
    seconds: float
    longest: float
    process_outages: int
    cuts: int
    layer_outages: int
    store_outages: int


async def run_failures(
    plan: Plan, clients: Sequence[Client], processes: Sequence[ServerProcess], layer: Valkey, store: Store
) -> list[Event]:
    """Run all failures, several at a time, and have everything up again, or raise an error."""
    of_store = [_pause] if isinstance(store, SqliteFile) else [_restart, _kill, _pause]
    async with asyncio.TaskGroup() as tasks:
        kinds = [
            tasks.create_task(_spread(plan, *kind))
            for kind in (
                ("process", processes, plan.process_outages, [_kill, _pause, _kill, _restart]),
                ("cut", clients, plan.cuts, [_cut]),
                ("layer", [layer], plan.layer_outages, [_restart, _pause]),
                ("store", [store], plan.store_outages, of_store),
            )
        ]
    return sorted(event for kind in kinds for event in kind.result())


async def _spread(
    plan: Plan, kind: str, services: Sequence[Any], count: int, failures: Sequence[Failure]
) -> list[Event]:
    """Run `count` failures in turn, each at a random moment of its share of the time."""
    # With a source of chance of its own a kind does not depend on the time that another one takes.
    rng = random.Random(f"{plan.seed} {kind}")  # noqa: S311 - chance that can be repeated
    events: list[Event] = []
    loop = asyncio.get_running_loop()
    begin, share = loop.time(), plan.seconds / count
    for number, failure in zip(range(count), itertools.cycle(failures), strict=False):
        moment = begin + (number + rng.random()) * share
        await asyncio.sleep(max(0.0, moment - loop.time()))
        began = _now()
        name = await failure(services, rng, rng.uniform(SHORTEST, plan.longest))
        events.append((began, _now(), name))
    return events


async def _cut(clients: Sequence[Client], rng: random.Random, _: float) -> str:
    await clients[0].room.wait_until(lambda: any(client.connected for client in clients))
    rng.choice([client for client in clients if client.connected]).cut(rng)
    return "connection cut"


async def _kill(services: Sequence[Any], rng: random.Random, seconds: float) -> str:
    """Kill one or several at once. Starting again takes its time as well."""
    count = rng.choice([1, 1, 1, 1, 2, len(services)])
    victims = rng.sample(services, min(count, len(services)))
    await asyncio.gather(*(asyncio.to_thread(victim.kill) for victim in victims))
    await asyncio.sleep(seconds / 5)
    await asyncio.gather(*(asyncio.to_thread(victim.start) for victim in victims))
    return f"{victims[0].name} killed" + (f", {len(victims)} at once" if len(victims) > 1 else "")


async def _restart(services: Sequence[Any], rng: random.Random, seconds: float) -> str:
    victim = rng.choice(services)
    await asyncio.to_thread(victim.stop)
    await asyncio.sleep(seconds / 5)
    await asyncio.to_thread(victim.start)
    return f"{victim.name} restarted"


async def _pause(services: Sequence[Any], rng: random.Random, seconds: float) -> str:
    victim = rng.choice(services)
    await asyncio.to_thread(victim.pause)
    try:
        await asyncio.sleep(seconds)
    finally:
        victim.resume()
    return f"{victim.name} paused"


def _now() -> str:
    return datetime.now(UTC).isoformat(" ", "milliseconds")
