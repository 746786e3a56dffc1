"""The state of the server, as its page and its data tell it."""

import json
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.db import Error
from django.utils import timezone

from pulse.models import Host
from rooms.listing import RoomList
from rtproject import state
from rtproject.state import Pulse, current_state

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _not_cached(monkeypatch, settings):
    """Each answer is a new one, and this machine has a name."""
    monkeypatch.setattr(state, "FRESH_SECONDS", 0.0)
    settings.PULSE_HOST = "here"


@pytest.fixture
def listed(monkeypatch):
    """The list of rooms; a test may append another one."""
    lists = [RoomList((), 3, 7)]

    async def current_room_list():
        return lists[-1]

    monkeypatch.setattr(state, "current_room_list", current_room_list)
    return lists


def store_pulse(host, cpu=12.5, age=0, interval=5.0):
    """Store a host's newest pulse, which came `age` seconds ago."""
    frame = json.dumps({"type": "pulse", "host": host, "cpu": cpu, "memory": {"percent": 40.0}})
    at = timezone.now() - timedelta(seconds=age)
    Host.objects.create(name=host, at=at, seen=at, frame=frame, interval=interval)


def test_everything_answers(client, listed):
    """Rooms, people, machines, and the newest pulse of this one; no cache keeps it, and no version is in it."""
    store_pulse("here")
    store_pulse("elsewhere", 99.0)
    answer = client.get("/state/")
    assert answer.json() == {
        "ok": True,
        "store": True,
        "layer": True,
        "rooms": 3,
        "people": 7,
        "machines": 2,
        "pulse": {"host": "here", "cpu": 12.5, "memory": 40.0},
    }
    assert "no-store" in answer["Cache-Control"]
    told = (client.get("/").content + answer.content).decode().lower()
    assert not any(name in told for name in ("django", "daphne", "python", "sqlite", "redis", "valkey"))


async def test_a_machine_counts_by_its_own_interval(listed, settings):
    """Whatever the interval of this server's own worker; without a pulse nothing is wrong."""
    settings.PULSE_INTERVAL = 1.0
    found = await current_state()
    assert (found.ok, found.machines, found.pulse) == (True, 0, None)
    await database_sync_to_async(store_pulse)("here", age=40, interval=60.0)
    await database_sync_to_async(store_pulse)("gone", age=40, interval=5.0)
    found = await current_state()
    assert (found.machines, found.pulse and found.pulse.host) == (1, "here")


async def test_a_pulse_for_staff_only_is_not_in_it(listed, settings):
    """The state is the same for all readers, so it has only what a stranger may know."""
    await database_sync_to_async(store_pulse)("here")
    settings.PULSE_PUBLIC = False
    found = await current_state()
    assert (found.machines, found.pulse) == (None, None)


@pytest.mark.parametrize(
    ("known", "store", "layer"),
    [(RoomList(people=7), False, True), (RoomList((), 3), True, False), (RoomList(), False, False)],
)
async def test_it_names_what_is_out_of_reach(listed, known, store, layer):
    """The store, the layer, or both."""
    listed.append(known)
    found = await current_state()
    assert (found.store, found.layer, found.ok) == (store, layer, False)
    assert (found.rooms, found.people) == (known.total, known.people)


async def test_a_pulse_that_cannot_be_read_costs_nothing_else(listed, monkeypatch):
    """The store may fail in between."""

    async def fail():
        raise Error("dark")

    monkeypatch.setattr(state, "_read_pulse", fail)
    found = await current_state()
    assert (found.rooms, found.machines, found.pulse) == (3, None, None)


async def test_many_readers_cost_one_query(listed, monkeypatch, async_client):
    """They share an answer for a while, on the page and in the data, which are only read."""
    monkeypatch.setattr(state, "FRESH_SECONDS", 60.0)
    queries = []

    async def read_pulse():
        queries.append(1)
        return 1, Pulse("here", 1.0, 2.0)

    monkeypatch.setattr(state, "_read_pulse", read_pulse)
    for path in ["/", "/state/"] * 10:
        assert (await async_client.get(path)).status_code == 200
    assert len(queries) == 1
    for path in ("/", "/state/"):
        assert (await async_client.post(path)).status_code == 405
