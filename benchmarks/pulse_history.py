"""What a day of pulses of many hosts costs on SQLite: `python -m benchmarks.pulse_history [--hosts 50]`.

Fills a database as workers do, then measures in this process, without a network: what the pages
and their data take, what storing a tick takes, and whether the beat of a worker is late with that database behind it.
"""

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

INTERVAL = 5.0  # seconds
DAY = 86_400
BATCH = 720  # pulses that are stored at once while the database is filled
ASKED = 15  # times
BEATS = 40  # of BEAT_SECONDS
BEAT_SECONDS = 0.25
PAGES = ("", "events/", "samples/?range=300", "samples/?range=3600", "samples/?range=86400")


def main() -> None:
    """Prints a table of figures in milliseconds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pulse_history", description=__doc__)
    parser.add_argument("--hosts", type=int, default=50)
    hosts = parser.parse_args().hosts
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "pulse.sqlite3"
        os.environ |= {"DATABASE_URL": f"sqlite:///{database}", "SECRET_KEY": "for this run alone"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "rtproject.settings"
        from django.core.management import call_command

        import rtproject.asgi  # noqa: F401 (sets Django and the garbage collector up, as in a server)

        call_command("migrate", verbosity=0)
        fill_a_day([f"web-{number}" for number in range(hosts)])
        print(f"{hosts} hosts, {INTERVAL:g} s, a day: {megabytes(database):.0f} MB")
        pages()
        storing(hosts)
        for name, with_store in (("without a store", False), ("with this database", True)):
            print(f"  a beat of {BEAT_SECONDS} s {name}: {in_ms(asyncio.run(lateness(with_store)))} late")


def fill_a_day(hosts: list[str]) -> None:
    """Until now, which is later than when it began."""
    from pulse.storage.store import keep

    began = time.time() // INTERVAL * INTERVAL
    fill(hosts, began - DAY, began)
    fill(hosts, began, time.time())
    for host in hosts:
        keep([measured(host, time.time())])


def fill(hosts: list[str], since: float, until: float) -> None:
    """Stores the pulses of all hosts, an hour of each in turn, with their rollups and without looking for alerts."""
    from pulse.models import Sample
    from pulse.protocol import moment
    from pulse.storage.rollups import roll_up

    beats = int((until - since) / INTERVAL)
    for begin in range(0, beats, BATCH):
        for host in hosts:
            batch = range(begin, min(begin + BATCH, beats))
            made = [measured(host, since + INTERVAL * beat) for beat in batch]
            Sample.objects.store(
                Sample(host=host, seq=each.pulse.seq, at=moment(each.at), frame=each.text) for each in made
            )
            roll_up(host, [each.at for each in made])


def measured(host: str, at: float) -> Any:
    """A pulse of a machine of four cores that does this and that."""
    from pulse import protocol
    from pulse.protocol import Network, Sample, Usage
    from pulse.storage.store import Measured

    cores = tuple(round(random.uniform(0, 80), 1) for _ in range(4))  # noqa: S311
    sample = Sample(
        at=at,
        interval=INTERVAL,
        cpu=round(statistics.fmean(cores), 1),
        cores=cores,
        memory=Usage(43.2, 7_234_123_456, 16_745_234_432),
        swap=Usage(1.2, 24_117_248, 2_147_483_648),
        load=(1.23, 1.1, 0.98),
        disk=Usage(61.5, 151_234_567_890, 245_107_195_904),
        network=Network(random.randrange(10**6), random.randrange(10**7)),  # noqa: S311
        uptime=int(at) % 10**7,
    )
    pulse = protocol.pulse_of(sample, host, int(at // INTERVAL))
    return Measured(pulse, protocol.encode(pulse), at, INTERVAL)


def pages() -> None:
    """What the server needs for each address of the dashboard, and how much it answers."""
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    for page in PAGES:
        size = len(client.get(f"/dashboard/{page}").content)  # the first one is not counted: it warms up
        ask = partial(client.get, f"/dashboard/{page}")
        wall, cpu = in_ms(timed(ask, ASKED)), in_ms(timed(ask, ASKED, time.process_time))
        print(f"  /dashboard/{page}: {wall}, CPU {cpu}, {size / 1e3:.0f} kB")


def storing(hosts: int) -> None:
    """What it takes to store a tick of one host, with rollups and alerts."""
    from pulse.storage.store import keep

    at = iter(time.time() // INTERVAL * INTERVAL + INTERVAL * beat for beat in range(1, 10_000))
    spent = timed(lambda: keep([measured(f"web-{random.randrange(hosts)}", next(at))]), 200)  # noqa: S311
    print(f"  storing a tick: {in_ms(spent)}")


async def lateness(with_store: bool) -> list[float]:
    """How late each beat of a worker is told, in seconds."""
    from pulse.alerting.monitor import tell_alerts_changed
    from pulse.sampling.clock import SystemClock
    from pulse.sampling.sampler import Sampler, take_snapshot
    from pulse.sampling.worker import Worker, disk_path
    from pulse.storage.recorder import Recorder

    late: list[float] = []
    done = asyncio.Event()

    async def publish(group: str, text: str, **tags: Any) -> None:
        late.append(time.time() - tags["seq"] * BEAT_SECONDS)
        if len(late) > BEATS:
            done.set()

    async def nothing(*ignored: object) -> bool:
        return False

    recorder = Recorder(tell_alerts_changed) if with_store else Recorder(nothing, nothing, nothing)
    sampler = Sampler(lambda: take_snapshot(disk_path()))
    worker = Worker("web-0", BEAT_SECONDS, sampler, recorder, SystemClock(), publish)
    running = asyncio.create_task(worker.run())
    await done.wait()
    running.cancel()
    await asyncio.wait({running})
    return late[1:]  # the first comes when there is something to tell, and not on the grid


def timed(
    work: Callable[[], object], times: int, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """The seconds that each of so many calls took."""
    spent = []
    for _ in range(times):
        began = clock()
        work()
        spent.append(clock() - began)
    return spent


def in_ms(spent: list[float]) -> str:
    """Median and maximum."""
    return f"{statistics.median(spent) * 1e3:.1f} ms (at most {max(spent) * 1e3:.1f})"


def megabytes(database: Path) -> float:
    """The size of the file and its write-ahead log."""
    return sum(file.stat().st_size for file in database.parent.iterdir()) / 1e6


if __name__ == "__main__":
    main()
