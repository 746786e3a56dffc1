"""A rolling restart of two processes behind nginx, with clients that talk: does anybody miss a message, or wait?

`python -m benchmarks.rolling --clients 200 --rounds 3` restarts both processes so many times, one after the other, as
`systemctl restart rtproject@8001` and `…@8002` do. It fails if a client misses a message, or waits longer than 2 s for
one, or for the confirmation of its own.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from statistics import median, quantiles

from benchmarks.destruction.processes import ServerProcess
from rtproject.tests.support.isolation import ROOT
from rtproject.tests.support.nginx import NAME, NGINX, NO_NGINX, Nginx
from rtproject.tests.support.postgres import Postgres
from rtproject.tests.support.site import Site
from rtproject.tests.support.valkey import Valkey

sys.path.insert(0, str(ROOT / "clients" / "python"))
from rtproject_client import Room

LONGEST_WAIT = 2.0  # seconds
RATE = 5  # messages a second of all clients together
PAUSE = (
    12.0  # seconds before, between and after the restarts: a client comes back at once if it was in for 10
)
SETTINGS: dict[str, object] = {
    "ALLOWED_HOSTS": NAME,
    "HTTPS": "on",
    "TRUSTED_PROXIES": 1,
    "WEBSOCKETS_PER_ADDRESS": 0,  # all come from one
    "ROOMS_ADDRESS_RATE": 0,
    "PULSE_EMBEDDED": "off",
}
MAKE_ROOM = 'from rooms.models import Room; Room.objects.create(name="rolling", history_size=5000)'


class Run:
    """The clients, and what they received."""

    def __init__(self) -> None:
        self.said = 0
        self.entered = 0
        self.reconnects = 0
        self.waits: list[float] = []  # from sending a message to a client's receiving it
        self.confirmations: list[float] = []
        self.missing = 0
        self._present = asyncio.Event()
        self._ended = False

    async def listen(self, room: Room, clients: int) -> None:
        """Receive all messages of the run, which are numbered from 1 on."""
        newest = 0
        async for frame in room:
            if frame["type"] == "welcome":
                self.entered += 1
                self.reconnects += self.entered > clients
                self.missing += newest > 0 and not frame["recovered"]
                if self.entered == clients:
                    self._present.set()
            elif frame["type"] == "message":
                self.waits.append(time.monotonic() - float(frame["text"]))
                self.missing += frame["seq"] - newest - 1
                newest = frame["seq"]
                if newest == self.said and self._ended:
                    return

    async def talk(self, rooms: list[Room], ended: asyncio.Event) -> None:
        """Say RATE messages a second, each by the next client, until `ended`; wait for all confirmations."""
        await self._present.wait()
        async with asyncio.TaskGroup() as tasks:
            while not ended.is_set():
                tasks.create_task(self._say(rooms[self.said % len(rooms)]))
                self.said += 1
                await asyncio.sleep(1 / RATE)
            self.said += 1
            self._ended = True
            tasks.create_task(self._say(rooms[0]))

    async def _say(self, room: Room) -> None:
        began = time.monotonic()
        await room.say(repr(began))
        self.confirmations.append(time.monotonic() - began)

    async def until_present(self) -> None:
        """Wait until all are in the room."""
        await self._present.wait()


async def roll(servers: list[ServerProcess], nginx: Nginx, clients: int, rounds: int) -> Run:
    """Restart the servers one after the other while clients talk."""
    run, ended = Run(), asyncio.Event()
    url = f"wss://{NAME}:{nginx.https_port}/ws/rolling"
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        options = {"host": "127.0.0.1", "ssl": nginx.trust, "proxy": None}
        rooms = [await stack.enter_async_context(Room(url, history=0, **options)) for _ in range(clients)]
        for room in rooms:
            tasks.create_task(run.listen(room, clients))
        tasks.create_task(run.talk(rooms, ended))
        await run.until_present()
        print(f"{clients} clients are in the room", flush=True)
        for server in servers * rounds:
            await asyncio.sleep(PAUSE)
            print(f"restarting the server on port {server.port}", flush=True)
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
        await asyncio.sleep(PAUSE)
        ended.set()
    return run


def main() -> None:
    """Run, print the figures, and fail if somebody missed a message or waited too long."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rolling", description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3, help="restarts of each process")
    options = parser.parse_args()
    if NGINX is None:
        sys.exit(NO_NGINX)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rtproject-rolling-")))
        valkey, postgres = Valkey(), Postgres()
        stack.callback(valkey.kill)
        stack.callback(postgres.close)
        site = Site(folder, SETTINGS | {"REDIS_URL": valkey.url, "DATABASE_URL": postgres.new_database()})
        site.manage("migrate", "--verbosity", "0")
        site.execute(MAKE_ROOM)
        servers = [ServerProcess(site), ServerProcess(site)]
        for server in servers:
            server.start()
            stack.callback(server.stop)
        nginx = Nginx(folder, [server.port for server in servers])
        stack.callback(nginx.terminate)
        run = asyncio.run(roll(servers, nginx, options.clients, options.rounds))
    _report(run, options.clients)
    sys.exit(bool(run.missing or max(run.waits + run.confirmations) > LONGEST_WAIT))


def _report(run: Run, clients: int) -> None:
    print(f"{clients} clients, {run.said} messages, {run.reconnects} reconnects, {run.missing} missed")
    for name, times in (("received", run.waits), ("confirmed", run.confirmations)):
        p99 = quantiles(times, n=100)[98]
        print(f"{name}: median {median(times):.3f} s, p99 {p99:.3f} s, longest {max(times):.3f} s")


if __name__ == "__main__":
    main()
