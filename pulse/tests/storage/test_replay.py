"""The stored pulses that a client gets first."""

import asyncio
import threading
import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from pulse.models import Sample
from pulse.protocol import moment
from pulse.storage import replay as module
from pulse.storage.replay import StoredPulses, stored_pulses
from pulse.tests.support import INTERVAL, NOON, store_host
from rtproject.utils.rows import read_rows

pytestmark = pytest.mark.django_db

NOW = moment(NOON)


def store(host: str, *ages: float, interval: float = INTERVAL) -> None:
    """Store samples of `host` by their ages at NOW; `seq` is minus the age."""
    store_host(host, *((-int(age), NOON - age) for age in sorted(ages, reverse=True)), interval=interval)


def newest(count: int, host: str | None = None) -> list[tuple[str, int]]:
    """The newest samples as host and age."""
    found = StoredPulses().read(host, now=NOW)
    return [(pulse.host, -pulse.seq) for pulse in module.newest(found, count)]


def test_the_newest_samples_of_each_host_come_oldest_first() -> None:
    store("a", 1, 6, 11)
    store("b", 3, 8, 13)
    assert newest(2) == [("b", 8), ("a", 6), ("b", 3), ("a", 1)]
    assert newest(5, "b") == [("b", 13), ("b", 8), ("b", 3)]


@pytest.mark.parametrize("host", ["missing", "A", "a\0", "\ud800"])
def test_a_missing_host_has_no_samples(host: str) -> None:
    store("a", 1)
    assert newest(5, host) == []


def test_a_host_is_live_for_three_of_its_own_intervals() -> None:
    store("gone", 15, 20)
    store("ahead", -15)  # the store's clock was set back
    store("live", 14, 20)
    store("slow", 170, interval=60.0)
    store("quick", 4, interval=1.0)
    assert newest(1) == [("slow", 170), ("live", 14)]


def test_newest_is_by_time_and_not_by_seq_whose_scale_may_change() -> None:
    store_host("a", (1000, NOON - 6), (200, NOON - 1))
    assert newest(1) == [("a", -200)]


def test_only_hosts_with_another_pulse_are_read_again(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    store("a", 6, 11)
    store("b", 3, 8)
    pulses = StoredPulses()
    for name, queries in ((None, 3), (None, 1), ("b", 2)):
        if name is not None:
            store(name, 1)
        with django_assert_num_queries(queries):
            found = module.newest(pulses.read(None, now=NOW), 720)
    assert [(pulse.host, -pulse.seq) for pulse in found] == [
        ("a", 11), ("b", 8), ("a", 6), ("b", 3), ("b", 1)
    ]  # fmt: skip


def test_of_many_hosts_there_are_fewer_pulses_but_not_of_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_REPLAY", 5)
    store("a", 1, 6, 11)
    assert newest(720) == [("a", 11), ("a", 6), ("a", 1)]
    store("b", 3, 8, 13)
    assert newest(720) == [("b", 8), ("a", 6), ("b", 3), ("a", 1)]
    assert newest(720, "b") == [("b", 13), ("b", 8), ("b", 3)]


@pytest.mark.django_db(transaction=True)
async def test_clients_that_come_together_share_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    await sync_to_async(store_host)("a", (1, time.time()))
    reads: list[str] = []

    def counted(*query: Any) -> Any:
        reads.append(threading.current_thread().name)
        return read_rows(*query)

    monkeypatch.setattr(module, "read_rows", counted)
    found = await asyncio.gather(*(stored_pulses(count, None) for count in (0, *[1] * 20, *[720] * 20)))
    assert [len(pulses) for pulses in found] == [0] + [1] * 40
    assert reads == ["public-reads_0"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads the query plans of SQLite")
def test_queries_use_an_index() -> None:
    of_host = Sample.objects.filter(host="a").order_by("-at")[:720].explain()
    assert "pulse_newest_of_host" in of_host
    assert "TEMP B-TREE" not in of_host
    assert "pulse_by_time" in Sample.objects.filter(at__lt=NOW).order_by("at").explain()
