"""The admin pages of thresholds, alerts and hosts."""

import re
import time

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pulse import admin_notifications
from pulse.models import AlertEvent, Host, NotificationChannel, Rollup, Sample, Silence, Threshold
from pulse.protocol import DiskUsage
from pulse.storage.store import store_samples
from pulse.tests.support import new_sample
from rtproject.tests.support.site import Site
from rtproject.tokens.models import Token, digest_of

pytestmark = pytest.mark.django_db

DEFAULTS = """
from pulse.models import Threshold
for each in Threshold.objects.all():
    each.full_clean()
    print(each.metric, each.threshold, each.margin, each.hold)
"""


@pytest.fixture(autouse=True)
def _one_threshold() -> None:
    Threshold.objects.exclude(metric="disk").delete()


@pytest.fixture
def admin(client: Client, admin_user: User) -> Client:
    client.force_login(admin_user)
    return client


def add_threshold(client: Client, **fields: object) -> bool:
    """Add a threshold for the CPU; whether it was stored. Otherwise the form shows errors."""
    response = client.post(
        reverse("admin:pulse_threshold_add"),
        {"metric": "cpu", "threshold": "80", "margin": "10", "hold": "60"} | fields,
    )
    assert response.status_code == 302 or response.context["errors"]
    return response.status_code == 302


def test_a_machine_is_added_by_a_token_and_two_commands(admin: Client) -> None:
    page = reverse("admin:pulse_host_add")
    assert 'name="name"' in admin.get(page).content.decode()
    shown = admin.post(page, {"name": "web-9"}).content.decode()
    token = Token.objects.get()
    assert token.subjects("pulse") == ["web-9"]
    found = re.search(
        r"curl -fsSO http://testserver/api/pulse/agent.py\nPULSE_TOKEN=(\S+) python3 agent.py --to", shown
    )
    assert found is not None
    assert digest_of(found[1]) == token.digest
    assert "agent.py --to http://testserver --token-file" in shown  # the unit
    assert "already exists" in admin.post(page, {"name": "web-9"}).content.decode()


def test_to_add_a_machine_one_must_be_allowed_to_make_tokens(client: Client) -> None:
    client.force_login(User.objects.create_user("staff", is_staff=True))
    assert client.get(reverse("admin:pulse_host_add")).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_the_address_of_a_channel_is_masked_kept_and_tested(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test is sent after the commit, since SQLite's lock must not wait for a mail server."""
    sent: list[str] = []

    def send(url: str, *_: str, **more: bool) -> str:
        assert not connection.in_atomic_block
        sent.append(url)
        return "refused"

    monkeypatch.setattr(admin_notifications, "send", send)
    address, fields = "json://127.0.0.1/secret", {"name": "ops", "enabled": "on"}
    add = reverse("admin:pulse_notificationchannel_add")
    for wrong in ("", "nonsense"):
        assert admin.post(add, fields | {"url": wrong}).context["errors"]
    page = admin.post(add, fields | {"url": address, "_test": "1"})["Location"]
    assert "The test was not sent: refused" in admin.get(page).content.decode()
    channel = NotificationChannel.objects.get()
    change = reverse("admin:pulse_notificationchannel_change", args=[channel.pk])
    assert "json://***" in admin.get(change).content.decode()
    admin.post(change, {"name": "ops", "url": "", "_test": "1"})
    channel.refresh_from_db()
    assert (channel.url, channel.enabled, sent) == (address, False, [address] * 2)
    pages = [admin.get(reverse("admin:pulse_notificationchannel_changelist")), admin.get(change)]
    assert not any("secret" in each.content.decode() for each in pages)


def test_who_may_only_view_a_channel_sees_no_address(client: Client) -> None:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_notificationchannel"))
    client.force_login(user)
    channel = NotificationChannel.objects.create(name="ops", url="json://127.0.0.1/secret")
    assert client.get(reverse("admin:pulse_notificationchannel_change", args=[channel.pk])).status_code == 403


def test_a_host_is_chosen_from_those_that_are_known(admin: Client) -> None:
    store_alert("web-1")
    add = reverse("admin:pulse_silence_add")
    until = {"until_0": "2027-01-01", "until_1": "00:00"}
    assert [admin.post(add, until | {"host": host}).status_code for host in ("web-2", "web-1", "")] == [
        200,
        302,
        302,
    ]
    assert [str(each) for each in Silence.objects.order_by("host")] == [
        "all machines until 2027-01-01 00:00 UTC",
        "web-1 until 2027-01-01 00:00 UTC",
    ]
    assert add_threshold(admin, host="web-1")


def store_alert(host: str) -> None:
    store_samples([new_sample(host, time.time(), disk=DiskUsage(95.0, 1, 1))])


def test_a_new_site_has_thresholds_that_suit_most_machines(new_site) -> None:
    site: Site = new_site(demo=False)
    assert sorted(site.execute(DEFAULTS).splitlines()) == [
        "cpu 90.0 10.0 300",
        "disk 90.0 2.0 0",
        "load 2.0 0.5 300",
        "memory 90.0 5.0 60",
        "silent 3.0 0.0 0",
        "swap 80.0 10.0 300",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"metric": "load", "threshold": "150"},
        {"metric": "silent", "threshold": "3", "margin": "0", "hold": "0"},
        {"threshold": "100", "margin": "0", "hold": "0"},
    ],
)
def test_a_valid_threshold_is_stored(admin: Client, fields: dict[str, str]) -> None:
    assert add_threshold(admin, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"metric": "disk"},  # which has one already
        {"metric": "uptime"},
        *({"threshold": text} for text in ("101", "0", "nan", "")),
        *({"margin": text} for text in ("-1", "80", "")),
        *({"hold": text} for text in ("-1", "86401")),
        {"metric": "silent", "threshold": "1", "margin": "0"},
        {"metric": "silent", "threshold": "3", "margin": "1"},
    ],
)
def test_an_invalid_threshold_is_not_stored(admin: Client, fields: dict[str, str]) -> None:
    assert not add_threshold(admin, **fields)
    assert Threshold.objects.count() == 1


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
    event = AlertEvent.objects.create(
        host="web-1", metric=metric, state="firing", value=value, threshold=threshold, since=timezone.now()
    )
    for address in (
        reverse("admin:pulse_alertevent_changelist"),
        reverse("admin:pulse_alertevent_change", args=[event.pk]),
    ):
        page = admin.get(address).content.decode()
        assert all(f">{text}<" in page for text in ("web-1", *shown))
        assert f">{value}<" not in page


@pytest.mark.parametrize("model", [AlertEvent, Host])
def test_alerts_and_hosts_are_read_only(admin: Client, model: type[AlertEvent | Host]) -> None:
    store_alert("web-1")
    name = model._meta.model_name
    change = reverse(f"admin:pulse_{name}_change", args=[model.objects.get().pk])
    assert "web-1" in admin.get(change).content.decode()
    assert admin.post(change, {}).status_code == 403


def test_no_alert_is_added_by_hand(admin: Client) -> None:
    assert admin.get(reverse("admin:pulse_alertevent_add")).status_code == 403


def test_hosts_are_deleted_with_their_samples_and_their_alerts_end(admin: Client) -> None:
    for host in ("old-1", "old-2", "old-3", "web-1"):
        store_alert(host)
    single, *several = Host.objects.exclude(name="web-1").values_list("pk", flat=True)
    admin.post(reverse("admin:pulse_host_delete", args=[single]), {"post": "yes"})
    action = {"action": "delete_selected", "_selected_action": several, "post": "yes"}
    admin.post(reverse("admin:pulse_host_changelist"), action)
    assert [host.name for host in Host.objects.all()] == ["web-1"]
    assert [sample.host for sample in Sample.objects.all()] == ["web-1"]
    assert [event.host for event in AlertEvent.objects.filter(until=None)] == ["web-1"]


def test_rows_have_readable_names() -> None:
    store_alert("web-1")
    rollup = Rollup.objects.get(step=300)
    names = [str(model.objects.get()) for model in (Threshold, Host, AlertEvent, Sample)]
    assert names == [
        "Disk, percent",
        "web-1",
        "web-1: Disk, percent, firing",
        f"web-1 #{Sample.objects.get().seq}",
    ]
    assert str(rollup) == f"web-1 from {rollup.start}, 300 s"
