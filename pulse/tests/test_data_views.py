"""What the dashboard reads."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from pulse.models import AlertEvent
from pulse.storage.store import store_samples
from pulse.tests.support import measured, store_away

pytestmark = pytest.mark.django_db

ADDRESSES = ("/dashboard/samples/?range=300", "/dashboard/events/")


def get(client: Client, address: str) -> Any:
    """The JSON at `address`."""
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    return response.json()


@pytest.mark.parametrize("seconds", [300, 3600, 86400])
def test_samples_are_given_for_each_range(client: Client, seconds: int) -> None:
    now = time.time()
    store_samples([measured("web-1", now, cpu=12.5)])
    answer = get(client, f"/dashboard/samples/?range={seconds}")
    assert set(answer) == {"now", "range", "step", "hosts"}
    assert answer["range"] == seconds
    assert answer["now"] >= now
    host = answer["hosts"]["web-1"]
    assert set(host) == {"start", "last", "seen", "interval", "metrics"}
    assert {host["metrics"]["cpu"][column][0] for column in ("mean", "peak")} == {12.5}


@pytest.mark.parametrize("query", ["", "?range=", "?range=301", "?range=-300", "?range=1e9", "?range=\0"])
def test_another_range_is_a_bad_request(client: Client, query: str) -> None:
    assert client.get(f"/dashboard/samples/{query}").status_code == 400


def test_one_host_can_be_asked_for(client: Client) -> None:
    for host in ("a", "b"):
        store_samples([measured(host, time.time())])
    assert list(get(client, "/dashboard/samples/?range=300&host=b")["hosts"]) == ["b"]
    assert list(get(client, "/dashboard/samples/?range=300&host=")["hosts"]) == ["a", "b"]
    assert get(client, "/dashboard/samples/?range=300&host=%00")["hosts"] == {}


def make_events(count: int) -> None:
    now = timezone.now()
    for number in range(count):
        since = now - timedelta(minutes=number)
        AlertEvent.objects.create(
            host=f"web-{number}", metric="cpu", state="firing", value=95, threshold=90, since=since, fired=since
        )  # fmt: skip


def test_a_pending_alert_is_no_event_yet(client: Client) -> None:
    """However many are pending, they hide nothing that happened."""
    make_events(2)
    AlertEvent.objects.filter(host="web-0").update(fired=None, state="pending")
    assert [event["host"] for event in get(client, "/dashboard/events/")["events"]] == ["web-1"]


def test_events_come_newest_first(client: Client) -> None:
    make_events(3)
    events = get(client, "/dashboard/events/")["events"]
    assert [event["host"] for event in events] == ["web-0", "web-1", "web-2"]
    assert set(events[0]) == {"host", "metric", "state", "value", "threshold", "since", "fired", "until"}


@pytest.mark.parametrize(
    ("query", "count"), [("", 50), ("?limit=2", 2), ("?limit=0", 50), ("?limit=many", 50)]
)
def test_so_many_events_are_given_as_were_asked_for(client: Client, query: str, count: int) -> None:
    make_events(51)
    assert len(get(client, f"/dashboard/events/{query}")["events"]) == count


@pytest.mark.parametrize("address", ADDRESSES)
def test_everybody_may_read_what_is_public(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_with_pulse_public_off_only_staff_may(
    client: Client, address: str, settings: Settings, django_user_model: type[User]
) -> None:
    settings.PULSE_PUBLIC = False
    assert client.get(address).status_code == 403
    client.force_login(django_user_model.objects.create_user("u"))
    assert client.get(address).status_code == 403
    client.force_login(django_user_model.objects.create_user("s", is_staff=True))
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("public", [True, False])
def test_a_store_out_of_reach_is_no_content_and_one_line(
    client: Client,
    address: str,
    public: bool,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    django_user_model: type[User],
) -> None:
    """Also where it is the session that cannot be read."""
    settings.PULSE_PUBLIC = public
    client.force_login(django_user_model.objects.create_user("s", is_staff=True))
    with store_away():
        assert [client.get(address).status_code for _ in range(3)] == [204] * 3
    assert client.get(address).status_code == 200
    warnings = [record.message for record in caplog.records if record.levelname != "INFO"]
    assert warnings == ["reading the stored pulse fails, and is tried again: OperationalError: gone"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_they_can_only_be_read(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405
