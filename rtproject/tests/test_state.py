"""The state of the server."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from channels.db import database_sync_to_async
from django.db import Error
from django.utils import timezone

from pulse.models import Host
from rooms.listing import RoomList
from rtproject import state
from rtproject.state import current_state

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _always_anew(monkeypatch, settings):
    """Nothing is remembered from one look to the next, and this machine has a name."""
    monkeypatch.setattr(state, "FRESH_SECONDS", 0.0)
    settings.PULSE_HOST = "here"


@pytest.fixture
def listed(monkeypatch):
    """The state of the rooms, which a test may replace."""
    boards = [RoomList((), 3, 7)]

    async def current_room_list():
        return boards[-1]

    monkeypatch.setattr(state, "current_room_list", current_room_list)
    return boards


def store_pulse(host, cpu=12.5, age=0, interval=5.0):
    """A host's newest pulse, which came `age` seconds ago."""
    frame = json.dumps({"type": "pulse", "host": host, "cpu": cpu, "memory": {"percent": 40.0}})
    at = timezone.now() - timedelta(seconds=age)
    Host.objects.create(name=host, at=at, seen=at, frame=frame, interval=interval)


def test_everything_answers(client, listed):
    """Rooms, people, machines, and the newest pulse of this one; no one keeps it on the way."""
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


async def test_without_a_worker_there_is_no_pulse(listed):
    """That is no fault of the store or the layer."""
    found = SimpleNamespace(**await current_state())
    assert (found.ok, found.machines, found.pulse) == (True, 0, None)


async def test_a_machine_counts_by_its_own_interval(listed, settings):
    """The interval of this server's own worker does not matter."""
    settings.PULSE_INTERVAL = 1.0
    await database_sync_to_async(store_pulse)("here", age=40, interval=60.0)
    await database_sync_to_async(store_pulse)("gone", age=40, interval=5.0)
    found = SimpleNamespace(**await current_state())
    assert (found.machines, found.pulse and found.pulse["host"]) == (1, "here")


async def test_a_pulse_for_staff_alone_is_told_to_no_one_here(listed, settings):
    """The state is the same for everybody, so it is as much as a stranger may know."""
    await database_sync_to_async(store_pulse)("here")
    settings.PULSE_PUBLIC = False
    found = SimpleNamespace(**await current_state())
    assert (found.machines, found.pulse) == (None, None)


@pytest.mark.parametrize(
    ("known", "store", "layer"),
    [(RoomList(people=7), False, True), (RoomList((), 3), True, False), (RoomList(), False, False)],
)
async def test_what_is_out_of_reach_is_said(listed, known, store, layer):
    """The store, the layer, or both."""
    listed.append(known)
    found = SimpleNamespace(**await current_state())
    assert (found.store, found.layer, found.ok) == (store, layer, False)
    assert (found.rooms, found.people) == (known.total, known.people)


async def test_a_pulse_that_cannot_be_read_costs_nothing_else(listed, monkeypatch):
    """The store may have gone away in between."""

    async def fail():
        raise Error("dark")

    monkeypatch.setattr(state, "_read_pulse", fail)
    found = SimpleNamespace(**await current_state())
    assert (found.rooms, found.machines, found.pulse) == (3, None, None)


async def test_a_stranger_costs_nothing(listed, monkeypatch, async_client):
    """Any number of requests for page or data share one computation."""
    monkeypatch.setattr(state, "FRESH_SECONDS", 60.0)
    looks = []

    async def read_pulse():
        looks.append(1)
        return 1, {"host": "here", "cpu": 1.0, "memory": 2.0}

    monkeypatch.setattr(state, "_read_pulse", read_pulse)
    for path in ["/", "/state/"] * 10:
        assert (await async_client.get(path)).status_code == 200
    assert len(looks) == 1


@pytest.mark.parametrize("path", ["/", "/state/"])
def test_there_is_nothing_to_send_to_it(client, path):
    """It is only read."""
    assert client.post(path).status_code == 405


def test_it_tells_no_versions(client, listed):
    """Versions would help to find servers with known faults."""
    store_pulse("here")
    told = (client.get("/").content + client.get("/state/").content).decode().lower()
    assert not any(name in told for name in ("django", "daphne", "python", "sqlite", "redis", "valkey"))
