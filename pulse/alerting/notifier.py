"""Telling the notification channels when alerts begin and end, once from whichever process is first.

News of alerts are rows (`AlertEvent.untold`), and so are messages, so a failure or a restart loses neither.
"""

import asyncio
import logging
import time
from collections.abc import Hashable
from datetime import datetime, timedelta
from textwrap import shorten

from django.conf import settings
from django.db import transaction

from pulse.alert_rules import STALE, with_unit
from pulse.alerting.sending import send
from pulse.models import AlertEvent, Host, Notification, NotificationChannel, Silence
from rtproject.utils.database_threads import DatabaseThread
from rtproject.utils.db import store_now
from rtproject.websocket.utils.failure_log import FailureLog
from rtproject.websocket.utils.log_text import printable

logger = logging.getLogger(__name__)

PAUSE = 2.0  # seconds between two looks
MIN_QUIET, MAX_QUIET = 10.0, 60.0  # seconds without news that end a group: two intervals within these bounds
LONGEST = 3  # times as long a group waits at most
LEASE = timedelta(minutes=2)  # to send one message; then another process may
MAX_BACKOFF = timedelta(minutes=5)
KEPT = timedelta(days=1)  # a message that a channel does not take
MAX_LINES, MAX_NAMES = 50, 100  # characters
TIME = "%Y-%m-%d %H:%M:%S UTC"

in_notifiers_thread = DatabaseThread("notifier")  # a mail server may take its time


class Group:
    """News that came shortly after each other: they often have one cause, and become one message."""

    def __init__(self, quiet: float) -> None:
        self._quiet = quiet
        self._news: set[Hashable] = set()
        self._first = self._last = 0.0

    def is_complete(self, news: set[Hashable], clock: float) -> bool:
        """Return whether `news`, all that there are at the monotonic time `clock`, are to be told now."""
        if not self._news:
            self._first = clock
        if news != self._news:
            self._news, self._last = news, clock
        if not news or max(clock - self._last, (clock - self._first) / LONGEST) < self._quiet:
            return False
        self._news = set()
        return True


class Notifier:
    """The notifier of one process."""

    def __init__(self) -> None:
        self._group = Group(min(max(MIN_QUIET, 2 * settings.PULSE_INTERVAL), MAX_QUIET))
        self._failures = FailureLog("telling alerts")

    async def run(self) -> None:
        """Look for news and send messages until cancelled."""
        while True:
            with self._failures:
                await in_notifiers_thread(self.look)()
            await asyncio.sleep(PAUSE)

    def look(self) -> None:
        """Write messages of news, and send those that are due. Raise django.db.Error."""
        news: set[Hashable] = {(event.pk, event.state) for event in _news(store_now())}
        if self._group.is_complete(news, time.monotonic()):
            write_messages()
        send_messages()


def _news(now: datetime) -> list[AlertEvent]:
    """The events to tell. Those of a silenced host wait.

    One that is over before it was told is none then, nor if its host was deleted.
    """
    news: list[AlertEvent] = []
    if not (untold := list(AlertEvent.objects.filter(untold=True).order_by("host", "metric", "since"))):
        return news
    silenced = set(Silence.objects.filter(until__gt=now).values_list("host", flat=True))
    hosts = set(Host.objects.values_list("name", flat=True))
    for event in untold:
        is_silenced = not silenced.isdisjoint({"", event.host})
        if event.state == "resolved" and not event.told and (is_silenced or event.host not in hosts):
            AlertEvent.objects.filter(pk=event.pk).update(untold=False)
        elif not is_silenced:
            news.append(event)
    return news


def write_messages() -> None:
    """Store one message of all news for each channel. Raise django.db.Error."""
    with transaction.atomic():
        # Another process may write them, too.
        list(AlertEvent.objects.filter(untold=True).select_for_update())
        now = store_now()
        if not (news := _news(now)):
            return
        channels = list(NotificationChannel.objects.filter(enabled=True))
        told = AlertEvent.objects.filter(pk__in=[event.pk for event in news])
        told.update(untold=False, told=bool(channels))
        is_end = all(event.state == "resolved" for event in news)
        message = {"title": _title(news), "text": _text(news), "is_end": is_end, "created": now}
        Notification.objects.bulk_create(Notification(channel=channel, **message) for channel in channels)


def _title(news: list[AlertEvent]) -> str:
    parts = []
    for word, state in (("Alert", "firing"), ("Over", "resolved")):
        hosts = dict.fromkeys(event.host for event in news if event.state == state)
        parts += [f"{word}: {shorten(', '.join(hosts), MAX_NAMES, placeholder=' …')}"] if hosts else []
    return "; ".join(parts)


def _text(news: list[AlertEvent]) -> str:
    silent = set(AlertEvent.objects.filter(metric=STALE, until=None).values_list("host", flat=True))
    hosts = set(Host.objects.values_list("name", flat=True))
    lines = []
    for event in news:
        value, threshold = (with_unit(event.metric, each) for each in (event.value, event.threshold))
        what = f"{event.metric} up to {value}, the threshold is {threshold},"
        line = f"{event.host}: {'no pulse' if event.metric == STALE else what} since {event.since:{TIME}}"
        if event.until:
            line += f" until {event.until:{TIME}}"
            line += "; the machine was deleted" * (event.host not in hosts)
            line += "; nothing measures it now" * (event.host in silent and event.metric != STALE)
        lines.append(line)
    more = [f"and {len(lines) - MAX_LINES} more"] if len(lines) > MAX_LINES else []
    return "\n".join([*lines[:MAX_LINES], *more])


def send_messages() -> None:
    """Send the messages of all channels that are due. Raise django.db.Error."""
    now = store_now()
    Notification.objects.filter(created__lt=now - KEPT).delete()
    due = NotificationChannel.objects.filter(enabled=True, due__lte=now, messages__isnull=False)
    for channel in due.distinct():
        mine = NotificationChannel.objects.filter(pk=channel.pk)
        if not mine.filter(due=channel.due).update(due=now + LEASE):
            continue  # another process sends them
        reason = ""
        for message in channel.messages.all():
            mine.update(due=store_now() + LEASE)
            if reason := send(channel.url, message.title, message.text, is_end=message.is_end):
                break
            message.delete()
        _note(channel, reason)


def _note(channel: NotificationChannel, reason: str) -> None:
    """Store whether sending succeeded and when it is tried again, and log the first failure in a row."""
    name, failures = printable(channel.name, 64), channel.failures + 1 if reason else 0
    if failures == 1:
        logger.warning("telling %s fails, and is tried again: %s", name, printable(reason, 255))
    elif channel.failures and not failures:
        logger.info("telling %s works again", name)
    backoff = min(timedelta(seconds=5 * 2 ** min(failures, 10)), MAX_BACKOFF) if failures else timedelta(0)
    NotificationChannel.objects.filter(pk=channel.pk).update(
        due=store_now() + backoff, failures=failures, error=reason
    )
