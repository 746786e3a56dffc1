"""The newest pulses for Prometheus."""

import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from pulse.models import AlertEvent, Host, Threshold
from pulse.protocol import Network, Usage, moment
from pulse.storage.store import store_samples
from pulse.tests.support import measured, store_away

pytestmark = pytest.mark.django_db

TOKEN = "a token that only Prometheus has"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def _token(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def status(client: Client, authorization: str | None = None) -> int:
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.get("/metrics", headers=headers).status_code


def scrape(client: Client) -> Samples:
    """What Prometheus's own parser makes of the answer."""
    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def of(samples: Samples, host: str) -> dict[str, float]:
    """The values of the metrics that have no label but this host."""
    return {name: value for (name, labels), value in samples.items() if labels == (("host", host),)}


def test_each_figure_is_a_metric_in_base_units(client: Client) -> None:
    at = time.time()
    figures: dict[str, Any] = {
        "cpu": 12.5,
        "memory": Usage(50.0, 2, 4),
        "swap": Usage(0.0, 3, 9),
        "disk": Usage(25.0, 5, 20),
        "load": (0.1, 0.2, 0.3),
        "network": Network(7, 8),
        "uptime": 90,
    }
    pulse = measured("web-1", at, missed=3, **figures)
    store_samples([pulse])
    assert of(scrape(client), "web-1") == {
        "pulse_cpu_usage_ratio": 0.125,
        "pulse_memory_used_bytes": 2,
        "pulse_memory_size_bytes": 4,
        "pulse_swap_used_bytes": 3,
        "pulse_swap_size_bytes": 9,
        "pulse_disk_used_bytes": 5,
        "pulse_disk_size_bytes": 20,
        "pulse_load1": 0.1,
        "pulse_load5": 0.2,
        "pulse_load15": 0.3,
        "pulse_network_sent_bytes_per_second": 7,
        "pulse_network_received_bytes_per_second": 8,
        "pulse_uptime_seconds": 90,
        "pulse_interval_seconds": 5,
        "pulse_time_seconds": pytest.approx(at, abs=0.001),
        "pulse_missed_ticks_total": 3,
    }


def test_each_core_is_labelled(client: Client) -> None:
    store_samples([measured("web-1", time.time(), cores=(10.0, 30.0))])
    samples = scrape(client)
    cores = [samples["pulse_core_usage_ratio", (("core", core), ("host", "web-1"))] for core in "01"]
    assert cores == [0.1, 0.3]


def test_the_newest_pulse_of_every_live_host_is_told(client: Client) -> None:
    now = time.time()
    store_samples([measured("a", now - 5, cpu=10.0), measured("a", now, cpu=20.0)])
    store_samples([measured("b", now, cpu=30.0)])
    store_samples([measured("gone", now, cpu=40.0)])
    Host.objects.filter(name="gone").update(seen=moment(now - 60))
    cpu = {
        labels: value for (name, labels), value in scrape(client).items() if name == "pulse_cpu_usage_ratio"
    }
    assert cpu == {(("host", "a"),): 0.2, (("host", "b"),): 0.3}


def test_open_alerts_are_told_of_hosts_that_are_gone_too(client: Client) -> None:
    Threshold.objects.all().delete()
    Threshold.objects.create(metric="cpu", threshold=90)
    store_samples([measured("gone", time.time() - 60, cpu=95.0)])
    labels = (("host", "gone"), ("metric", "cpu"), ("state", "firing"))
    assert scrape(client)["pulse_alerts", labels] == 1
    AlertEvent.objects.update(state="resolved", until="2027-01-15T08:00:00Z")
    assert ("pulse_alerts", labels) not in scrape(client)


def test_the_name_of_a_host_may_hold_anything(client: Client) -> None:
    name = 'web"1\\{}\n'
    store_samples([measured(name, time.time())])
    assert of(scrape(client), name)["pulse_cpu_usage_ratio"] == 0


def test_without_a_host_there_is_nothing_to_tell(client: Client) -> None:
    assert not Host.objects.exists()
    assert scrape(client) == {}


def test_openmetrics_is_spoken_with_who_asks_for_it(client: Client) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/openmetrics-text; version=1.0.0"}
    response = client.get("/metrics", headers=headers)
    assert response["Content-Type"].startswith("application/openmetrics-text")
    assert response.content.endswith(b"# EOF\n")


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN.upper()}",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer t\xf6ken",
    ],
)
def test_who_has_not_the_token_is_forbidden(client: Client, authorization: str | None) -> None:
    assert status(client, authorization) == 403


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_who_has_it_is_answered(client: Client, scheme: str) -> None:
    assert status(client, f"{scheme} {TOKEN}") == 200


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer "])
def test_while_there_is_no_token_nobody_has_it(
    client: Client, authorization: str | None, settings: Settings
) -> None:
    settings.METRICS_TOKEN = ""
    assert status(client, authorization) == 403


def test_staff_is_answered_and_other_users_are_not(client: Client, django_user_model: type[User]) -> None:
    client.force_login(django_user_model.objects.create_user("u"))
    assert status(client) == 403
    client.force_login(django_user_model.objects.create_user("s", is_staff=True))
    assert status(client) == 200


def test_a_token_in_the_address_is_none(client: Client) -> None:
    """There it would be in every log."""
    assert client.get("/metrics", {"token": TOKEN}).status_code == 403


def test_metrics_can_only_be_read(client: Client) -> None:
    assert client.post("/metrics").status_code == 405


def test_a_store_out_of_reach_is_503_and_no_traceback(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Prometheus takes that for a target that is down, as it should."""
    with store_away():
        assert status(client, f"Bearer {TOKEN}") == 503
    assert status(client, f"Bearer {TOKEN}") == 200
    assert not any(record.exc_info for record in caplog.records)
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "reading the pulse for /metrics fails, and is tried again: OperationalError: gone"
    ]
