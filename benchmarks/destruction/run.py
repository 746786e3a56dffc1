"""One run: all clients enter, send messages during the failures, and are compared."""

import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.destruction.check import failures
from benchmarks.destruction.client import Client, Room
from benchmarks.destruction.failures import Event, Plan, run_failures
from benchmarks.destruction.processes import ServerProcess, Store
from benchmarks.destruction.record import Record
from rtproject.tests.support.process import Process
from rtproject.tests.support.site import SET_UP, Site
from rtproject.tests.support.valkey import Valkey

ROOM = "destruction"
SETTLED_WITHIN = 60.0  # seconds, far more than a run needs
SETTINGS = {"ROOMS_MESSAGE_RATE": 0, "WEBSOCKETS_PER_ADDRESS": 0}  # of a site under destruction

# Nothing may be pruned, or a client that was long away could not recover.
MAKE_ROOM = f"""
from rooms.models import Room
Room.objects.create(name={ROOM!r}, history_size=1_000_000)
"""
READ_STORE = f"""
import json
from rooms.models import Message
rows = Message.objects.filter(room__name={ROOM!r}).order_by("seq").values_list("seq", "text")
print(json.dumps(list(rows)))
"""
# A program that says one message after the other until it is stored.
POST = f"""
import itertools, time
from rooms import api
for number in itertools.count(1):
    while time.sleep(0.1) is None:
        try:
            print(number, api.post_message({ROOM!r}, f"program says {{number}}", id=str(number)), flush=True)
            break
        except api.Unavailable:
            pass
"""


@dataclass(frozen=True)
class Report:
    """The figures of the table, the broken promises, and the failures with the servers' logs."""

    figures: dict[str, object]
    failures: list[str]
    log: str = field(repr=False)

    def __str__(self) -> str:
        width = max(map(len, self.figures))
        table = [f"| {name:{width}} | {figure} |" for name, figure in self.figures.items()]
        judgment = f"{len(self.failures)} failures:" if self.failures else "Nothing was lost."
        return "\n".join([*table, "", judgment, *self.failures])


async def destroy(site: Site, store: Store, valkey: Valkey, plan: Plan) -> Report:
    """Carry out the plan on a migrated site, and check that nothing was lost."""
    await asyncio.to_thread(site.execute, MAKE_ROOM)
    processes = [ServerProcess(site) for _ in range(plan.processes)]
    ports = [process.port for process in processes]
    room = Room(ROOM)
    clients = [
        Client(f"client-{number}", room, ports, plan.seed, gives_up=number % 3 == 0)
        for number in range(plan.clients)
    ]
    async with _started(processes), _background(client.run() for client in clients):
        # A client that entered later would not find the room empty.
        entered = await room.wait_until(lambda: all(client.connected for client in clients), SETTLED_WITHIN)
        assert entered, {client.name: (client.codes, client.record.problems) for client in clients}
        program = Process("program", [sys.executable, "-c", SET_UP + POST], site.environment)
        async with _background(client.send_messages(plan.rate) for client in clients):
            events = await run_failures(plan, clients, processes, valkey, store)
        program.kill()
        await room.wait_until(lambda: all(client.settled for client in clients), SETTLED_WITHIN)
        rows = json.loads(await asyncio.to_thread(site.execute, READ_STORE))
        epoch = clients[0].record.epoch
        newcomers = [Client(f"newcomer-{port}", room, [port], port, epoch=epoch) for port in ports]
        records = [client.record for client in (*clients, *newcomers)]
        async with _background(newcomer.run() for newcomer in newcomers):
            await room.wait_until(lambda: all(record.seq >= len(rows) for record in records), SETTLED_WITHIN)
    log = [*map(" ".join, events), *(process.log for process in processes)]
    posted = Record("program", room.messages)
    posted.confirmed = {own: int(seq) for own, seq in re.findall(r"^(\d+) (\d+)$", program.log, re.MULTILINE)}
    posted.texts = {str(own): f"program says {own}" for own in range(1, len(posted.confirmed) + 2)}
    posted.member, posted.seq = room.messages[posted.confirmed["1"]]["from"]["id"], len(rows)
    records.append(posted)
    table = _figures(clients, processes, events, len(rows)) | {"posted by rooms.api": len(posted.confirmed)}
    return Report(table, failures(records, room.messages, rows), "\n".join(log))


@asynccontextmanager
async def _started(processes: Sequence[ServerProcess]) -> AsyncIterator[None]:
    """The processes run, and end in order."""
    try:
        await asyncio.gather(*(asyncio.to_thread(process.start) for process in processes))
        yield
    finally:
        await asyncio.gather(*(asyncio.to_thread(process.stop) for process in processes))


@asynccontextmanager
async def _background(work: Iterable[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """The coroutines run, and are cancelled in the end. Raises what any of them failed with."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result


def _figures(
    clients: Sequence[Client], processes: Sequence[ServerProcess], events: Sequence[Event], stored: int
) -> dict[str, object]:
    """The counts of messages, failures and reconnects."""
    codes = sum((client.codes for client in clients), Counter[int]())
    records = [client.record for client in clients]
    tracebacks = Counter(line for process in processes for line in process.tracebacks)
    return {
        "clients": len(clients),
        "processes": len(processes),
        "messages sent": sum(len(record.texts) for record in records),
        "messages confirmed": sum(len(record.confirmed) for record in records),
        "messages given up": sum(len(record.given_up) for record in records),
        "messages stored": stored,
        **Counter(sorted(name for _, _, name in events)),
        "reconnects": sum(record.welcomes for record in records) - len(clients),
        "recovered": sum(record.recovered for record in records),
        "ends of connections": ", ".join(f"{code}: {times}" for code, times in sorted(codes.items())),
        "tracebacks logged": ", ".join(f"{times} x {line}" for line, times in tracebacks.items()) or 0,
    }
