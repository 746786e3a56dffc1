"""The dashboard's page, and the data that it requests."""

import asyncio
import gzip
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from pulse import answers
from pulse.figures import NAMES
from pulse.models import AlertEvent, Threshold
from pulse.storage.store import store_samples
from pulse.tests.support import new_sample, store_failing, warnings

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/dashboard/"
SAMPLES, EVENTS = "/dashboard/samples/?range=300", "/dashboard/events/"


def get(client: Client, address: str) -> Any:
    """The JSON at `address`."""
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert set(response["Cache-Control"].split(", ")) == {"private", "no-cache"}
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
        assert response["Location"] == "/login/?next=/dashboard/"
    client.force_login(User.objects.create_user("u"))
    assert client.get(address).status_code == refusal
    client.force_login(User.objects.create_user("s", is_staff=True))
    assert client.get(address).status_code == 200


def test_the_page_has_the_thresholds_and_the_number_of_hosts_or_none_without_the_store(
    client: Client,
) -> None:
    Threshold.objects.all().delete()
    Threshold.objects.create(metric="cpu", threshold=70)
    store_samples([new_sample("web-1", time.time())])
    assert client.get(PAGE).context["page"] == {"thresholds": {"cpu": 70}, "hosts": 1}
    with store_failing():
        assert client.get(PAGE).context["page"] == {"thresholds": {}, "hosts": 0}


@pytest.mark.parametrize("seconds", [300, 3600, 86400, 604800, 7776000])
def test_samples_are_given_for_each_range(client: Client, seconds: int) -> None:
    now = time.time()
    store_samples([new_sample("web-1", now, cpu=12.5)])
    answer = get(client, f"/dashboard/samples/?range={seconds}")
    assert set(answer) == {"now", "range", "step", "hosts"}
    assert answer["range"] == seconds
    assert answer["now"] >= now
    host = answer["hosts"]["web-1"]
    assert set(host) == {"start", "last", "seen", "interval", "stopped", "metrics"}
    assert (host["metrics"]["cpu"]["mean"][0], host["metrics"]["cpu"]["peak"][0]) == (12.5, 12.5)


@pytest.mark.parametrize("query", ["", "?range=", "?range=301", "?range=-300", "?range=1e9", "?range=\0"])
def test_another_range_is_a_bad_request(client: Client, query: str) -> None:
    assert client.get(f"/dashboard/samples/{query}").status_code == 400


@pytest.mark.parametrize(
    ("host", "found"), [("b", ["b"]), ("", ["a", "b"]), ("B", []), ("b%00", []), ("%ed%a0%80", [])]
)
def test_samples_of_one_host_can_be_requested(client: Client, host: str, found: list[str]) -> None:
    for name in ("a", "b"):
        store_samples([new_sample(name, time.time())])
    assert list(get(client, f"{SAMPLES}&host={host}")["hosts"]) == found


@pytest.mark.parametrize(
    ("chart", "found"), [("cpu", ["cpu"]), ("network", ["received", "sent"]), ("", NAMES), ("\0", NAMES)]
)
def test_samples_of_one_chart_can_be_requested(client: Client, chart: str, found: list[str]) -> None:
    """Anything else counts as absent."""
    store_samples([new_sample("a", time.time())])
    answer = client.get("/dashboard/samples/", {"range": "3600", "chart": chart}).json()
    assert list(answer["hosts"]["a"]["metrics"]) == found


def test_events_of_one_host_can_be_requested(client: Client) -> None:
    for host in ("a", "b"):
        store_samples([new_sample(host, time.time())])
        AlertEvent.objects.create(
            host=host, metric="cpu", state="firing", value=95, threshold=90, since=timezone.now(), fired=timezone.now()
        )  # fmt: skip
    for host, found in [("a", ["a"]), ("", ["b", "a"]), ("c", []), ("a%00", []), ("%ed%a0%80", [])]:
        assert [event["host"] for event in get(client, f"{EVENTS}?host={host}")["events"]] == found


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
    client: Client,
    address: str,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The session cannot be read either."""

    def fail(*_: object) -> None:
        raise OperationalError("gone")

    settings.PULSE_PUBLIC = False
    client.force_login(User.objects.create_user("s", is_staff=True))
    with store_failing():
        assert [client.get(address).status_code for _ in range(3)] == [204] * 3
    with monkeypatch.context() as patch:
        patch.setattr(answers, "_read_series", fail)
        patch.setattr(answers, "_read_events", fail)
        assert [client.get(address).status_code for _ in range(3)] == [204] * 3
    assert client.get(address).status_code == 200
    assert warnings(caplog) == ["reading the stored pulse fails, and is tried again: OperationalError: gone"]


@pytest.mark.parametrize("address", [SAMPLES, EVENTS, f"{SAMPLES}&host=a"])
def test_an_answer_is_compressed_and_not_sent_to_a_client_that_has_it(
    client: Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pulse.answers.time.time", lambda: 1_800_000_000.0)
    plain = client.get(address)
    packed = client.get(address, headers={"Accept-Encoding": "br, gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert "Accept-Encoding" in packed["Vary"]
    known = client.get(address, headers={"If-None-Match": packed["ETag"]})
    assert (known.status_code, known.content, known["ETag"]) == (304, b"", plain["ETag"])
    assert "no-cache" in known["Cache-Control"]


@pytest.mark.parametrize(
    ("ask", "read"),
    [
        (lambda: answers.samples(300, None, None), "_read_series"),
        (lambda: answers.events(9, None), "_read_events"),
    ],
)
async def test_many_who_ask_at_once_share_a_read(
    ask: Callable[[], Awaitable[answers.Answer]], read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who ask for events during a read share the next one."""
    reads: list[str] = []
    original = getattr(answers, read)

    def counted(*about: Any) -> Any:
        reads.append(read)
        return original(*about)

    monkeypatch.setattr(answers, read, counted)
    await asyncio.gather(*(ask() for _ in range(20)))
    assert 1 <= len(reads) <= 2
