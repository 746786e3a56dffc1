"""The newest pulses for Prometheus."""

import re
import shutil
import subprocess
import time

import pytest
from django.contrib.auth.models import User
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from pulse.models import AlertEvent, Host, Threshold
from pulse.prometheus import DISK_METRICS, METRICS
from pulse.protocol import Disk, DiskIO, DiskUsage, Network, Usage, moment
from pulse.storage.store import store_samples
from pulse.tests.support import new_sample, store_failing, warnings
from rtproject.tests.support.isolation import ROOT
from rtproject.tokens import check
from rtproject.tokens.models import Token, digest_of
from rtproject.websocket.throttling.rates import Rate
from rtproject.websocket.throttling.shared import SharedWindow

pytestmark = pytest.mark.django_db

DOCS = ROOT / "docs"
TOKEN, OTHER = "a token that only Prometheus has", "another token"
Samples = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture(autouse=True)
def _token(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    Token.objects.create(name="Prometheus", scopes="metrics", digest=digest_of(TOKEN))
    Token.objects.create(name="other", scopes="rooms:read", digest=digest_of(OTHER))
    monkeypatch.setattr(check, "wrong_tokens", SharedWindow("tests", Rate(0, 1.0), [], "tests"))


def status(client: Client, authorization: str | None = None) -> int:
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.get("/metrics", headers=headers).status_code


def scrape(client: Client) -> Samples:
    """The values of the pulse by metric and labels, as Prometheus's own parser reads them."""
    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
        if sample.name.startswith("pulse_")
    }


def test_each_figure_is_a_metric_in_base_units(client: Client) -> None:
    at, host = time.time(), 'web"1\\{}\n'
    sample = new_sample(
        host,
        at,
        missed=3,
        cpu=12.5,
        cores=(10.0, 30.0),
        memory=Usage(50.0, 2, 4),
        swap=Usage(0.0, 3, 9),
        disk=DiskUsage(25.0, 5, 20, available=15, inodes=4.0),
        disks=(Disk("/a", 25.0, 15, 20, 4.0), Disk("/nfs", None, None, None)),
        io=DiskIO(1, 2, 10, 20),
        cpu_seconds=1.5,
        load=(0.1, 0.2, 0.3),
        network=Network(7, 8, 70, 80),
        steal=1.0,
        iowait=2.0,
        uptime=90,
    )
    store_samples([sample])
    of_cores = {("pulse_core_usage_ratio", (core, host)): use for core, use in (("0", 0.1), ("1", 0.3))}
    of_host = {
        "pulse_cpu_usage_ratio": 0.125,
        "pulse_memory_used_bytes": 2,
        "pulse_memory_size_bytes": 4,
        "pulse_swap_used_bytes": 3,
        "pulse_swap_size_bytes": 9,
        "pulse_disk_used_bytes": 5,
        "pulse_disk_available_bytes": 15,
        "pulse_disk_size_bytes": 20,
        "pulse_disk_read_bytes_per_second": 1,
        "pulse_disk_written_bytes_per_second": 2,
        "pulse_disk_read_bytes_total": 10,
        "pulse_disk_written_bytes_total": 20,
        "pulse_cpu_seconds_total": 1.5,
        "pulse_steal_ratio": 0.01,
        "pulse_iowait_ratio": 0.02,
        "pulse_load1": 0.1,
        "pulse_load5": 0.2,
        "pulse_load15": 0.3,
        "pulse_network_sent_bytes_per_second": 7,
        "pulse_network_received_bytes_per_second": 8,
        "pulse_uptime_seconds": 90,
        "pulse_interval_seconds": 5,
        "pulse_time_seconds": pytest.approx(at, abs=0.001),
        "pulse_missed_ticks_total": 3,
        "pulse_network_sent_bytes_total": 70,
        "pulse_network_received_bytes_total": 80,
    }
    of_mount = {"available_bytes": 15, "size_bytes": 20, "inodes_ratio": 0.04}
    of_disks = {(f"pulse_mount_{name}", (host, "/a")): value for name, value in of_mount.items()}
    assert scrape(client) == of_cores | of_disks | {(name, (host,)): value for name, value in of_host.items()}


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="there is no promtool to test rules of Prometheus"
)
def test_the_example_of_rules_is_valid_and_names_metrics_that_exist() -> None:
    subprocess.run(
        [shutil.which("promtool") or "", "test", "rules", DOCS / "rtproject-alerts.test.yml"], check=True
    )
    named = set(re.findall(r"pulse_(\w+)", (DOCS / "rtproject-alerts.yml").read_text()))
    known = {name for name, _, _ in (*METRICS, *DISK_METRICS)} | {"alerts", "missed_ticks_total"}
    assert named <= known


def test_what_was_not_measured_is_no_metric(client: Client) -> None:
    store_samples([new_sample("a", time.time(), cores=None, memory=None, disk=None, network=None)])
    found = {name for name, _ in scrape(client)}
    assert "pulse_cpu_usage_ratio" in found
    assert not [name for name in found if any(part in name for part in ("core", "memory", "disk", "network"))]


def test_each_live_host_has_its_newest_pulse(client: Client) -> None:
    assert scrape(client) == {}
    now = time.time()
    for host, at, cpu in (("a", now - 60, 10.0), ("a", now, 20.0), ("b", now, 30.0), ("gone", now, 40.0)):
        store_samples([new_sample(host, at, interval=60, cpu=cpu)])
    Host.objects.filter(name="gone").update(seen=moment(now - 600))
    found = {labels: value for (name, labels), value in scrape(client).items() if "cpu" in name}
    assert found == {("a",): 0.2, ("b",): 0.3}


def test_open_alerts_are_metrics_also_of_hosts_that_are_not_live(client: Client) -> None:
    Threshold.objects.filter(metric="cpu").update(hold=0)
    store_samples([new_sample("gone", time.time() - 60, cpu=95.0)])
    labels = ("gone", "cpu", "firing")
    assert scrape(client)["pulse_alerts", labels] == 1
    AlertEvent.objects.update(state="resolved", until="2027-01-15T08:00:00Z")
    assert ("pulse_alerts", labels) not in scrape(client)


def test_openmetrics_is_sent_if_accepted(client: Client) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/openmetrics-text; version=1.0.0"}
    response = client.get("/metrics", headers=headers)
    assert response["Content-Type"].startswith("application/openmetrics-text")
    assert response.content.endswith(b"# EOF\n")


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        *((f"{scheme} {TOKEN}", 200) for scheme in ("Bearer", "bearer")),
        *((f"Bearer {token}", 401) for token in ("", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "t\xf6ken")),
        *((header, 401) for header in (None, "", "Bearer", f"Basic {TOKEN}", TOKEN)),
        (f"Bearer {OTHER}", 403),
    ],
)
def test_a_client_needs_the_token(client: Client, authorization: str | None, expected: int) -> None:
    assert status(client, authorization) == expected


def test_staff_needs_no_token(client: Client) -> None:
    client.force_login(User.objects.create_user("u"))
    assert status(client) == 401
    client.force_login(User.objects.create_user("s", is_staff=True))
    assert status(client) == 200


def test_without_the_store_it_answers_503_and_logs_one_line(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with store_failing():
        assert status(client, f"Bearer {TOKEN}") == 503
    assert status(client, f"Bearer {TOKEN}") == 200
    assert not any(record.exc_info for record in caplog.records)
    assert warnings(caplog) == [
        "reading the pulse for /metrics fails, and is tried again: OperationalError: gone"
    ]
