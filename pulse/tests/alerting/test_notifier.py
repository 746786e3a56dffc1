"""Which messages the notification channels get, and when."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pulse.alert_rules import resolved
from pulse.alerting import engine, notifier
from pulse.alerting.notifier import Group, send_messages, write_messages
from pulse.models import AlertEvent, Host, Notification, NotificationChannel, Silence

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
Sent = list[tuple[str, str, bool]]


@pytest.fixture
def channel() -> NotificationChannel:
    return NotificationChannel.objects.create(name="ops", url="json://127.0.0.1/secret")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The messages that were sent. Those to an address with `down` in it fail."""
    found: Sent = []

    def send(url: str, title: str, text: str, *, is_end: bool) -> str:
        if "down" in url:
            return "refused"
        found.append((title, text, is_end))
        return ""

    monkeypatch.setattr(notifier, "send", send)
    return found


def fire(*hosts: str, metric: str = "silent", **more: Any) -> None:
    now = timezone.now()
    for host in hosts:
        Host.objects.get_or_create(name=host, defaults={"at": now, "seen": now, "interval": 5})
        alert = AlertEvent(state="firing", value=15, threshold=15, since=now, fired=now, **more).alert
        engine.write_alert(host, metric, None, alert)


def end(*hosts: str) -> None:
    for event in AlertEvent.objects.filter(host__in=hosts, until=None):
        engine.write_alert(event.host, event.metric, event, resolved(event.alert, timezone.now().timestamp()))


def tell() -> None:
    for _ in range(2):  # a second process has nothing left to do
        write_messages()
        send_messages()


def test_news_that_come_shortly_after_each_other_are_told_together() -> None:
    group = Group(quiet=10)
    for clock, count, complete in (
        (0, 0, 0),
        (1, 1, 0),
        (6, 2, 0),
        (15, 2, 0),
        (16, 2, 1),
        (18, 0, 0),
        (20, 1, 0),
    ):
        assert group.is_complete(set(range(count)), clock) == bool(complete)


def test_news_that_keep_coming_are_told_at_last() -> None:
    group = Group(quiet=10)
    assert [group.is_complete({clock}, clock) for clock in range(1, 40, 5)] == [*[False] * 6, True, False]


def test_three_hosts_that_fall_silent_are_one_message_and_so_is_their_return(
    channel: NotificationChannel, sent: Sent
) -> None:
    fire("web-1", "web-2", "web-3")
    tell()
    ((title, text, is_end),) = sent
    assert (title, is_end) == ("Alert: web-1, web-2, web-3", False)
    assert text.count("no pulse since") == 3
    end("web-1", "web-2", "web-3")
    tell()
    assert [(title, is_end) for title, _, is_end in sent[1:]] == [("Over: web-1, web-2, web-3", True)]
    assert not Notification.objects.exists()


def test_a_message_is_kept_until_its_channel_takes_it(
    channel: NotificationChannel, sent: Sent, caplog: pytest.LogCaptureFixture
) -> None:
    other = NotificationChannel.objects.create(name="mail", url="mailto://down")
    fire("a")
    tell()
    end("a")
    tell()
    other.refresh_from_db()
    assert (len(sent), other.failures, other.error) == (2, 1, "refused")
    assert [record.message for record in caplog.records] == [
        "telling mail fails, and is tried again: refused"
    ]
    NotificationChannel.objects.filter(name="mail").update(url="mailto://up", due=timezone.now())
    tell()
    assert [title for title, _, _ in sent[2:]] == ["Alert: a", "Over: a"]
    other.refresh_from_db()
    assert (other.failures, other.error) == (0, "")


def test_one_process_at_a_time_sends(channel: NotificationChannel, sent: Sent) -> None:
    fire("a")
    NotificationChannel.objects.update(due=timezone.now() + HOUR)  # as while another one does
    tell()
    assert not sent


def test_what_no_channel_takes_for_a_day_is_dropped(channel: NotificationChannel, sent: Sent) -> None:
    fire("a")
    write_messages()
    Notification.objects.update(created=timezone.now() - 25 * HOUR)
    tell()
    assert not sent
    assert not Notification.objects.exists()


@pytest.mark.parametrize("silenced", ["a", ""])
def test_a_silenced_host_is_told_of_afterwards_if_it_still_alarms(
    channel: NotificationChannel, sent: Sent, silenced: str
) -> None:
    Silence.objects.create(host=silenced, until=timezone.now() + HOUR)
    fire("a")
    fire("a", metric="cpu")
    tell()
    AlertEvent.objects.filter(metric="cpu").update(state="resolved", until=timezone.now())
    tell()
    assert not sent
    Silence.objects.update(until=timezone.now())
    tell()
    ((_, text, _),) = sent
    assert "no pulse" in text
    assert "cpu" not in text


def test_a_silence_is_of_one_host(channel: NotificationChannel, sent: Sent) -> None:
    Silence.objects.create(host="a", until=timezone.now() + HOUR)
    fire("a", "b")
    tell()
    assert [title for title, _, _ in sent] == ["Alert: b"]


def test_a_deleted_host_is_only_told_of_if_it_was_before(channel: NotificationChannel, sent: Sent) -> None:
    fire("a")
    tell()
    fire("b")
    for host in Host.objects.all():
        engine.delete_host(host)
    tell()
    ((_, text, is_end),) = sent[1:]
    assert text.startswith("a: no pulse since")
    assert "the machine was deleted" in text
    assert "b:" not in text
    assert is_end


def test_without_a_channel_nothing_waits_for_one(sent: Sent) -> None:
    fire("a")
    tell()
    NotificationChannel.objects.create(name="ops", url="json://127.0.0.1")
    tell()
    assert not sent


def test_a_long_message_is_cut(channel: NotificationChannel, sent: Sent) -> None:
    fire(*(f"web-{number:02}.example.com" for number in range(60)))
    tell()
    ((title, text, _),) = sent
    assert title.startswith("Alert: web-00.example.com, web-01.example.com,")
    assert (title[-1], len(title) < 120) == ("…", True)
    assert text.splitlines()[-1] == "and 10 more"


def test_other_alerts_of_a_silent_host_are_over_because_nothing_measures_it(
    channel: NotificationChannel, sent: Sent
) -> None:
    fire("a", metric="cpu")
    tell()
    end("a")
    fire("a")
    tell()
    assert sent[0][1].startswith("a: cpu up to 15.0 %, the threshold is 15.0 %, since ")
    assert "nothing measures it now" in sent[1][1]
