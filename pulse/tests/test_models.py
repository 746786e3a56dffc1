"""Queries for stored samples and live hosts."""

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from pulse.models import Sample
from pulse.models.samples import newest_samples
from pulse.protocol import moment
from pulse.tests.support import INTERVAL, NOON, store_host

pytestmark = pytest.mark.django_db

NOW = moment(NOON)


def store(host: str, *ages: float, interval: float = INTERVAL) -> None:
    """Store samples of `host` by their ages at NOW; `seq` is minus the age."""
    store_host(host, *((-int(age), NOON - age) for age in sorted(ages, reverse=True)), interval=interval)


def newest(count: int, host: str | None = None) -> list[tuple[str, int]]:
    """The newest samples as host and age."""
    return [(sample.host, -sample.seq) for sample in newest_samples(count, host, now=NOW)]


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


def test_history_takes_one_query_for_each_host_and_one_for_the_hosts(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    store("a", *range(1, 60))
    store("b", *range(1, 60))
    with django_assert_num_queries(3):
        assert len(newest(50)) == 100
    with django_assert_num_queries(0):
        assert newest(0) == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads the query plans of SQLite")
def test_queries_use_an_index() -> None:
    of_host = Sample.objects.filter(host="a").order_by("-at")[:720].explain()
    assert "pulse_newest_of_host" in of_host
    assert "TEMP B-TREE" not in of_host
    assert "pulse_by_time" in Sample.objects.filter(at__lt=NOW).order_by("at").explain()
