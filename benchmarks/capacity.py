"""The model of docs/capacity.md against a run: `python -m benchmarks.capacity`.

The costs of a message and of a delivery are measured in rooms of two sizes. From them follows what a mix of rooms would
cost, and then that mix is run.
"""

import random
import time
from dataclasses import replace

from benchmarks import machine, traffic
from benchmarks.client import message
from benchmarks.connections import Connections, Endpoint
from benchmarks.load import Load
from benchmarks.results import Figures
from benchmarks.server import Server, new_sites
from benchmarks.subjects import OURS, SAY, SQLITE

SMALL, LARGE = 20, 200  # members of the rooms that are measured
MEASURED = 50.0  # messages a second in each of them
MIX = {2: 100, 20: 20, 200: 2}  # rooms of the mix, by their members
SPEEDS = (100.0, 300.0)  # messages a second in all rooms of the mix together
SECONDS = 10.0


def main() -> None:
    """Measure, and print what was expected and what came."""
    print("\n".join(machine.describe()))
    machine.raise_file_limit()
    with new_sites() as sites:
        for subject in OURS:
            with Server(subject, sites[SQLITE]) as server:
                _compare(server)


def _compare(server: Server) -> None:
    idle = _run(server, MIX, 0)
    small, large = (_run(server, {size: 1}, MEASURED) - idle for size in (SMALL, LARGE))
    delivery = (large - small) / (LARGE - SMALL) / MEASURED
    fixed = small / MEASURED - delivery * SMALL
    print(
        f"{server.subject.name}: {idle * 1e3:.0f} ms a second idle, {fixed * 1e6:.0f} µs a message,"
        f" {delivery * 1e6:.1f} µs a delivery"
    )
    members = sum(size * rooms for size, rooms in MIX.items()) / sum(MIX.values())
    for rate in SPEEDS:
        expected, came = idle + rate * (fixed + delivery * members), _run(server, MIX, rate)
        ratio = f"{came / expected:.2f} x"
        print(f"  {rate:g} messages a second: {expected:.1%} of a core expected, {came:.1%} came: {ratio}")


def _run(server: Server, rooms: dict[int, int], rate: float) -> float:
    """The share of a core that the server uses for a mix of rooms."""
    with Load() as load:
        load.do(open_rooms, endpoint=server.endpoint("/ws/"), rooms=rooms)
        load.do(say, rooms=rooms, rate=rate, seconds=SECONDS / 10)  # to warm up
        cpu, began = server.cpu(), time.perf_counter()
        load.do(say, rooms=rooms, rate=rate, seconds=SECONDS)
        return (server.cpu() - cpu) / (time.perf_counter() - began)


def open_rooms(connections: Connections, endpoint: Endpoint, rooms: dict[int, int]) -> Figures:
    """Open rooms of the given sizes; the members of a room stand side by side."""
    for number, size in enumerate(_sizes(rooms)):
        connections.connect(replace(endpoint, path=f"/ws/{size}-{number}"), size)
    connections.settle()
    return {}


def say(connections: Connections, rooms: dict[int, int], rate: float, seconds: float) -> Figures:
    """The first member of a random room says something, `rate` times a second. Raises RuntimeError if one is lost."""
    sizes, firsts, expected = _sizes(rooms), [0], 0
    for size in sizes:
        firsts.append(firsts[-1] + size)
    connections.reset()
    began = time.perf_counter()
    for number in range(round(rate * seconds)):
        while (left := began + number / rate - time.perf_counter()) > 0:
            connections.pump(left)
        room = random.randrange(len(sizes))  # noqa: S311 (not a secret)
        connections.members[firsts[room]].send(message(SAY))
        expected += sizes[room]
    while (left := began + seconds - time.perf_counter()) > 0:
        connections.pump(left)
    if not connections.pump_until(lambda: connections.total >= expected, traffic.TIMEOUT):
        raise RuntimeError(f"{expected - connections.total} messages were lost")
    return {}


def _sizes(rooms: dict[int, int]) -> list[int]:
    return [size for size, count in rooms.items() for _ in range(count)]


if __name__ == "__main__":
    main()
