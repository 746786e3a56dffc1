"""One run: everybody enters, talks while things break, and settles."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from benchmarks.destruction.chaos import Chaos, Plan
from benchmarks.destruction.check import Row, failures
from benchmarks.destruction.client import Client
from benchmarks.destruction.fleet import fleet
from benchmarks.destruction.report import Report, figures
from benchmarks.destruction.stores import Store
from benchmarks.destruction.venue import News, Venue
from rtproject.tests.support.site import Site
from rtproject.tests.support.valkey import Valkey

ROOM = "destruction"
HISTORY_SIZE = (
    1_000_000  # more than is ever said here: nothing may be pruned, or who was away too long cannot resume
)
SETTLED_WITHIN = 60.0  # seconds; only what never comes takes so long

# Settings of a site that is to be destroyed: so many from one address, and so much, is meant.
SETTINGS = {"ROOMS_MESSAGE_RATE": 0, "WEBSOCKETS_PER_ADDRESS": 0}

MAKE_ROOM = f"""
from rooms.models import Room
Room.objects.create(name={ROOM!r}, history_size={HISTORY_SIZE})
"""
READ_STORE = f"""
import json
from rooms.models import Message
rows = Message.objects.filter(room__name={ROOM!r}).order_by("seq").values_list("seq", "text")
print(json.dumps(list(rows)))
"""


@dataclass(frozen=True)
class Crowd:
    """So many clients, who each say `rate` messages a second, in so many processes; `seed` decides by chance."""

    processes: int
    clients: int
    rate: float
    seed: int


async def destroy(site: Site, store: Store, valkey: Valkey, plan: Plan, crowd: Crowd) -> Report:
    """Lets the crowd talk while the plan is carried out, and sees what is left."""
    began = asyncio.get_running_loop().time()
    await asyncio.to_thread(site.execute, MAKE_ROOM)
    async with fleet(site, crowd.processes) as servers:
        venue = Venue(ROOM, servers.ports, {}, News())
        talkers = [_talker(number, venue, crowd.seed) for number in range(crowd.clients)]
        chaos = Chaos(plan, crowd.seed, servers, valkey, store, talkers, venue.news)
        async with _present(talkers):
            await _come_in(talkers, venue.news)
            await _talk(talkers, crowd.rate, chaos)
            await venue.news.until(lambda: all(map(_is_done, talkers)), SETTLED_WITHIN)
            rows = await asyncio.to_thread(_stored, site)
            newcomers = [_newcomer(port, talkers[0].transcript.epoch, venue) for port in servers.ports]
            async with _present(newcomers):
                everybody = [*talkers, *newcomers]
                await venue.news.until(
                    lambda: all(each.transcript.seq >= len(rows) for each in everybody), SETTLED_WITHIN
                )
        table = figures(talkers, chaos.done, servers, len(rows))
        table["seconds"] = round(asyncio.get_running_loop().time() - began)
        log = "\n".join([*chaos.events, servers.log])
        return Report(table, failures(talkers, newcomers, rows), log)


async def _come_in(talkers: Sequence[Client], news: News) -> None:
    """Waits until all are in: who comes in later would not find the room empty."""
    if not await news.until(lambda: all(talker.connected for talker in talkers), SETTLED_WITHIN):
        outside = {talker.name: (talker.codes, talker.problems) for talker in talkers if not talker.connected}
        raise AssertionError(f"Not everybody came in: {outside}")


def _is_done(talker: Client) -> bool:
    return talker.connected and not talker.sayings.pending


def _talker(number: int, venue: Venue, seed: int) -> Client:
    return Client(f"client-{number}", venue, seed, gives_up=number % 3 == 0)


def _newcomer(port: int, epoch: str | None, venue: Venue) -> Client:
    """Somebody who was never here, and asks one process for everything."""
    return Client(f"newcomer-{port}", replace(venue, ports=[port]), port, epoch)


async def _talk(talkers: Sequence[Client], rate: float, chaos: Chaos) -> None:
    talks = [asyncio.create_task(talker.talk(rate)) for talker in talkers]
    try:
        await chaos.run()
    finally:
        await _cancel(talks)


def _stored(site: Site) -> list[Row]:
    return [(seq, text) for seq, text in json.loads(site.execute(READ_STORE))]


@asynccontextmanager
async def _present(clients: Sequence[Client]) -> AsyncIterator[None]:
    """The clients come in, and leave in the end."""
    visits = [asyncio.create_task(client.run()) for client in clients]
    try:
        yield
    finally:
        await _cancel(visits)


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Ends the tasks. Raises what any of them failed with: that is a mistake of the client's own."""
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
