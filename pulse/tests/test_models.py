"""The questions that are asked of stored samples."""

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from pulse.models import Host, Sample
from pulse.protocol import moment
from pulse.tests.support import BEAT, NOON, store_pulses, stored

pytestmark = pytest.mark.django_db

NOW = moment(NOON)


def store(host: str, *ages: float, interval: float = BEAT) -> None:
    """Stores a sample of `host` for each age, in seconds before NOW; `seq` is minus the age."""
    store_pulses(host, *((-int(age), NOON - age) for age in sorted(ages, reverse=True)), interval=interval)


def newest(count: int, host: str | None = None) -> list[tuple[str, int]]:
    return [(sample.host, -sample.seq) for sample in Sample.objects.newest(count, host, now=NOW)]


def test_the_newest_samples_come_oldest_first() -> None:
    store("a", 1, 6, 11, 16)
    assert newest(3) == [("a", 11), ("a", 6), ("a", 1)]


def test_each_host_has_its_own_count_and_all_are_in_order_of_time() -> None:
    store("a", 1, 6, 11)
    store("b", 3, 8, 13)
    assert newest(2) == [("b", 8), ("a", 6), ("b", 3), ("a", 1)]


def test_one_host_can_be_asked_for() -> None:
    store("a", 1)
    store("b", 2)
    assert newest(5, "b") == [("b", 2)]


@pytest.mark.parametrize("host", ["nobody", "A", "a\0", "\ud800"])
def test_a_host_that_is_not_there_has_no_samples(host: str) -> None:
    store("a", 1)
    assert newest(5, host) == []


def test_a_host_whose_newest_sample_is_three_intervals_old_is_taken_for_gone() -> None:
    store("gone", 15, 20)
    store("there", 14, 20)
    assert newest(5) == [("there", 20), ("there", 14)]


def test_a_host_is_taken_for_gone_by_its_own_interval_and_not_by_that_of_who_asks() -> None:
    store("slow", 170, interval=60.0)
    store("quick", 4, interval=1.0)
    assert [host.name for host in Host.objects.live(NOW)] == ["slow"]
    assert newest(1) == [("slow", 170)]


def test_a_count_of_zero_asks_for_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    store("a", 1)
    with django_assert_num_queries(0):
        assert newest(0) == []


def test_without_a_time_now_is_meant() -> None:
    store_pulses("a", (1, timezone.now().timestamp()))
    assert [sample.host for sample in Sample.objects.newest(1)] == ["a"]


def test_newest_is_by_time_also_when_the_interval_and_with_it_the_scale_of_seq_was_changed() -> None:
    store_pulses("a", (1000, NOON - 6), (200, NOON - 1))
    assert newest(1) == [("a", -200)]


def test_history_costs_one_query_a_host_and_one_for_the_hosts(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    store("a", *range(1, 100))
    store("b", *range(1, 100))
    with django_assert_num_queries(3):
        assert len(newest(50)) == 100


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads the plans that SQLite makes")
def test_the_questions_are_answered_from_an_index() -> None:
    of_host = Sample.objects.filter(host="a").order_by("-at")[:720].explain()
    assert "pulse_newest_of_host" in of_host
    assert "TEMP B-TREE" not in of_host
    assert "pulse_by_time" in Sample.objects.expired(NOW).explain()


def test_of_two_samples_for_one_tick_of_a_host_the_first_is_kept() -> None:
    for new in (
        [stored("a", 1, NOON - 2)],
        [stored("a", 1, NOON - 1), stored("a", 2, NOON), stored("b", 1, NOON)],
    ):
        Sample.objects.bulk_create(new, ignore_conflicts=True)
    assert sorted(Sample.objects.values_list("host", "seq", "at")) == [
        ("a", 1, moment(NOON - 2)),
        ("a", 2, NOW),
        ("b", 1, NOW),
    ]


def test_a_sample_is_named_by_its_host_and_seq() -> None:
    assert str(stored("a", 7, NOON)) == "a #7"
