"""What the admin can set, see and forget."""

import time

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pulse.models import AlertEvent, Host, Sample, Threshold
from pulse.protocol import Usage
from pulse.storage.store import store_samples
from pulse.tests.support import measured
from rtproject.tests.support.site import Site

pytestmark = pytest.mark.django_db

DEFAULTS = """
from pulse.models import Threshold
for each in Threshold.objects.all():
    each.full_clean()
    print(each.metric, each.threshold, each.margin, each.hold)
"""


@pytest.fixture(autouse=True)
def _one_threshold() -> None:
    Threshold.objects.all().delete()
    Threshold.objects.create(metric="disk", threshold=90)


@pytest.fixture
def admin(client: Client, admin_user: User) -> Client:
    client.force_login(admin_user)
    return client


def staff_with(client: Client, *codenames: str) -> Client:
    """Staff that may do what these permissions say and nothing else."""
    user = User.objects.create_user("s", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


def post_threshold(client: Client, **fields: object) -> list[str]:
    """Adds a threshold; returns what the form says is wrong, and nothing if it was stored."""
    response = client.post(
        reverse("admin:pulse_threshold_add"),
        {"metric": "cpu", "threshold": "80", "margin": "10", "hold": "60"} | fields,
    )
    if response.status_code == 302:
        return []
    assert response.status_code == 200
    return [error for errors in response.context["errors"] for error in errors]


def test_a_fresh_site_has_thresholds_that_suit_most_machines(new_site) -> None:
    site: Site = new_site(demo=False)
    assert sorted(site.execute(DEFAULTS).splitlines()) == [
        "cpu 90.0 10.0 300",
        "disk 90.0 2.0 0",
        "load 2.0 0.5 300",
        "memory 90.0 5.0 60",
        "silent 3.0 0.0 0",
        "swap 80.0 10.0 300",
    ]


def test_a_threshold_is_set(admin: Client) -> None:
    assert post_threshold(admin) == []
    made = Threshold.objects.get(metric="cpu")
    assert (made.threshold, made.margin, made.hold) == (80, 10, 60)


def test_a_metric_has_one_threshold(admin: Client) -> None:
    assert post_threshold(admin, metric="disk") == ["Threshold with this Metric already exists."]


@pytest.mark.parametrize(
    "fields",
    [
        {"metric": "uptime"},
        {"threshold": "101"},
        {"threshold": "0"},
        {"threshold": "nan"},
        {"threshold": ""},
        {"margin": "-1"},
        {"margin": "80"},
        {"margin": ""},
        {"hold": "-1"},
        {"hold": "86401"},
        {"metric": "silent", "threshold": "1", "margin": "0"},
        {"metric": "silent", "threshold": "3", "margin": "1"},
    ],
)
def test_a_threshold_that_makes_no_sense_is_refused_with_a_sentence(
    admin: Client, fields: dict[str, str]
) -> None:
    assert len(post_threshold(admin, **fields)) >= 1
    assert not Threshold.objects.exclude(metric="disk").exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"metric": "load", "threshold": "150"},
        {"metric": "silent", "threshold": "3", "margin": "0", "hold": "0"},
        {"threshold": "100", "margin": "0", "hold": "0"},
    ],
)
def test_what_makes_sense_for_its_metric_is_taken(admin: Client, fields: dict[str, str]) -> None:
    assert post_threshold(admin, **fields) == []


def test_thresholds_are_changed_and_deleted_by_who_may(client: Client) -> None:
    disk = Threshold.objects.get()
    change = reverse("admin:pulse_threshold_change", args=[disk.pk])
    delete = reverse("admin:pulse_threshold_delete", args=[disk.pk])
    fields = {"metric": "disk", "threshold": "95", "margin": "1", "hold": "0"}
    staff_with(client, "view_threshold")
    assert client.get(change).status_code == 200
    assert client.post(change, fields).status_code == 403
    assert client.post(delete, {"post": "yes"}).status_code == 403
    client.logout()
    User.objects.all().delete()
    staff_with(client, "change_threshold", "delete_threshold")
    assert client.post(change, fields).status_code == 302
    disk.refresh_from_db()
    assert disk.threshold == 95
    assert client.post(delete, {"post": "yes"}).status_code == 302
    assert not Threshold.objects.exists()


@pytest.mark.parametrize("model", ["threshold", "alertevent", "host"])
def test_without_a_permission_nothing_is_shown(client: Client, model: str) -> None:
    staff_with(client)
    assert client.get(reverse(f"admin:pulse_{model}_changelist")).status_code == 403


def keep_alert(host: str) -> None:
    store_samples([measured(host, time.time(), disk=Usage(95.0, 1, 1))])


def test_alerts_are_listed_with_their_times(admin: Client) -> None:
    keep_alert("web-1")
    page = admin.get(reverse("admin:pulse_alertevent_changelist")).content.decode()
    assert "web-1" in page
    assert "firing" in page


@pytest.mark.parametrize(
    ("metric", "value", "threshold", "shown"),
    [
        ("silent", 23.00312805175781, 15.0, ("23 s", "15 s")),
        ("load", 2.604, 2.0, ("2.60 per core", "2.00 per core")),
        ("cpu", 97.08, 90.0, ("97.1 %", "90.0 %")),
    ],
)
def test_the_figures_of_an_alert_have_a_unit(
    admin: Client, metric: str, value: float, threshold: float, shown: tuple[str, str]
) -> None:
    """In the list and on the alert's own page."""
    event = AlertEvent.objects.create(
        host="web-1", metric=metric, state="firing", value=value, threshold=threshold, since=timezone.now()
    )
    for address in (
        reverse("admin:pulse_alertevent_changelist"),
        reverse("admin:pulse_alertevent_change", args=[event.pk]),
    ):
        page = admin.get(address).content.decode()
        assert all(f">{words}<" in page for words in shown)
        assert f">{value}<" not in page


@pytest.mark.parametrize("model", [AlertEvent, Host])
def test_what_the_pulses_write_nobody_else_does(admin: Client, model: type[AlertEvent | Host]) -> None:
    keep_alert("web-1")
    name = model._meta.model_name
    assert admin.get(reverse(f"admin:pulse_{name}_add")).status_code == 403
    change = reverse(f"admin:pulse_{name}_change", args=[model.objects.get().pk])
    assert admin.get(change).status_code == 200
    assert admin.post(change, {}).status_code == 403


def test_a_host_is_forgotten_with_its_samples_and_its_alerts_end(admin: Client) -> None:
    keep_alert("old-1")
    keep_alert("web-1")
    host = Host.objects.get(name="old-1")
    response = admin.post(reverse("admin:pulse_host_delete", args=[host.pk]), {"post": "yes"})
    assert response.status_code == 302
    assert [known.name for known in Host.objects.all()] == ["web-1"]
    assert [sample.host for sample in Sample.objects.all()] == ["web-1"]
    assert [event.host for event in AlertEvent.objects.open()] == ["web-1"]


def test_several_hosts_are_forgotten_at_once(admin: Client) -> None:
    for host in ("old-1", "old-2", "web-1"):
        keep_alert(host)
    chosen = list(Host.objects.exclude(name="web-1").values_list("pk", flat=True))
    admin.post(
        reverse("admin:pulse_host_changelist"),
        {"action": "delete_selected", "_selected_action": chosen, "post": "yes"},
    )
    assert [event.host for event in AlertEvent.objects.open()] == ["web-1"]


def test_a_host_is_forgotten_only_by_who_may(client: Client) -> None:
    keep_alert("web-1")
    staff_with(client, "view_host")
    host = Host.objects.get()
    assert client.post(reverse("admin:pulse_host_delete", args=[host.pk]), {"post": "yes"}).status_code == 403


def test_rows_are_called_what_people_call_them() -> None:
    keep_alert("web-1")
    assert str(Threshold.objects.get()) == "Disk, percent"
    assert str(Host.objects.get()) == "web-1"
    assert str(AlertEvent.objects.get()) == "web-1: disk firing"
