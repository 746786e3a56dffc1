"""The dashboard's page, and the data that it requests."""

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
from pulse.tests.support import new_sample, store_failing, warnings

pytestmark = pytest.mark.django_db

PAGE = "/dashboard/"
SAMPLES, EVENTS = "/dashboard/samples/?range=300", "/dashboard/events/"


def get(client: Client, address: str) -> Any:
    """The JSON at `address`."""
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert "no-store" in response["Cache-Control"]
    return response.json()


@pytest.mark.parametrize("address", [PAGE, SAMPLES, EVENTS])
def test_with_pulse_public_off_only_staff_may_read(client: Client, address: str, settings: Settings) -> None:
    """The page sends others to log in."""
    refusal = 302 if address == PAGE else 403
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 405
    settings.PULSE_PUBLIC = False
    response = client.get(address)
    assert response.status_code == refusal
    if address == PAGE:
        assert response["Location"] == "/admin/login/?next=/dashboard/"
    client.force_login(User.objects.create_user("u"))
    assert client.get(address).status_code == refusal
    client.force_login(User.objects.create_user("s", is_staff=True))
    assert client.get(address).status_code == 200


def test_the_page_has_the_thresholds_of_its_charts_or_none_without_the_store(client: Client) -> None:
    expected = {"cpu": 90, "memory": 90, "swap": 80, "disk": 90, "load": 2}
    assert client.get(PAGE).context["thresholds"] == expected
    with store_failing():
        assert client.get(PAGE).context["thresholds"] == {}


@pytest.mark.parametrize("seconds", [300, 3600, 86400])
def test_samples_are_given_for_each_range(client: Client, seconds: int) -> None:
    now = time.time()
    store_samples([new_sample("web-1", now, cpu=12.5)])
    answer = get(client, f"/dashboard/samples/?range={seconds}")
    assert set(answer) == {"now", "range", "step", "hosts"}
    assert answer["range"] == seconds
    assert answer["now"] >= now
    host = answer["hosts"]["web-1"]
    assert set(host) == {"start", "last", "seen", "interval", "metrics"}
    assert (host["metrics"]["cpu"]["mean"][0], host["metrics"]["cpu"]["peak"][0]) == (12.5, 12.5)


@pytest.mark.parametrize("query", ["", "?range=", "?range=301", "?range=-300", "?range=1e9", "?range=\0"])
def test_another_range_is_a_bad_request(client: Client, query: str) -> None:
    assert client.get(f"/dashboard/samples/{query}").status_code == 400


@pytest.mark.parametrize(("host", "found"), [("b", ["b"]), ("", ["a", "b"]), ("%00", [])])
def test_samples_of_one_host_can_be_requested(client: Client, host: str, found: list[str]) -> None:
    for name in ("a", "b"):
        store_samples([new_sample(name, time.time())])
    assert list(get(client, f"{SAMPLES}&host={host}")["hosts"]) == found


@pytest.mark.parametrize(
    ("query", "count"), [("", 50), ("?limit=2", 2), ("?limit=0", 50), ("?limit=many", 50)]
)
def test_the_newest_alerts_that_fired_are_events(client: Client, query: str, count: int) -> None:
    now = timezone.now()
    for number in range(52):
        since = now - timedelta(minutes=number)
        AlertEvent.objects.create(
            host=f"web-{number}", metric="cpu", state="firing", value=95, threshold=90, since=since, fired=since
        )  # fmt: skip
    AlertEvent.objects.filter(host="web-0").update(fired=None, state="pending")
    events = get(client, f"{EVENTS}{query}")["events"]
    assert [event["host"] for event in events] == [f"web-{number}" for number in range(1, count + 1)]
    assert set(events[0]) == {"host", "metric", "state", "value", "threshold", "since", "fired", "until"}


@pytest.mark.parametrize("address", [SAMPLES, EVENTS])
def test_without_the_store_there_is_no_content_and_one_line_is_logged(
    client: Client, address: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """The session cannot be read either."""
    settings.PULSE_PUBLIC = False
    client.force_login(User.objects.create_user("s", is_staff=True))
    with store_failing():
        assert [client.get(address).status_code for _ in range(3)] == [204] * 3
    assert client.get(address).status_code == 200
    assert warnings(caplog) == ["reading the stored pulse fails, and is tried again: OperationalError: gone"]
