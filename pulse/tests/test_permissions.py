"""Permission to see a pulse that is for staff alone, while a connection is open."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.auth import get_user
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from pulse import permissions
from pulse.tests.clients import TIMEOUT, connected, stats
from pulse.tests.support import send_pulse
from rtproject.sessions import SessionStore
from rtproject.websocket.close_codes import CloseCode

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_connections_closed")]


class Checks:
    """The checks of sessions, by their keys."""

    def __init__(self) -> None:
        self.keys: asyncio.Queue[str | None] = asyncio.Queue()
        self.failing = False

    async def get_user(self, scope: dict[str, SessionStore]) -> Any:
        self.keys.put_nowait(scope["session"].session_key)
        if self.failing:
            raise OperationalError("gone")
        return await get_user(scope)

    async def next(self, count: int) -> list[str | None]:
        return [await asyncio.wait_for(self.keys.get(), TIMEOUT) for _ in range(count)]


@pytest.fixture(autouse=True)
def checks(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Checks:
    """PULSE_PUBLIC is off, and sessions are checked without pause."""
    settings.PULSE_PUBLIC = False
    checks = Checks()
    monkeypatch.setattr(permissions, "RECHECK_SECONDS", 0.01)
    monkeypatch.setattr(permissions, "get_user", checks.get_user)
    return checks


@sync_to_async
def log_in(name: str = "ada") -> dict[str, Any]:
    """The scope of a connection of a member of the staff."""
    user, _ = User.objects.get_or_create(username=name, is_staff=True)
    client = Client()
    client.force_login(user)
    return {"user": user, "session": SessionStore(client.session.session_key)}


def demote(user: User, session: SessionStore) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=False)


def end_session(user: User, session: SessionStore) -> None:
    SessionStore(session.session_key).flush()


def change_password(user: User, session: SessionStore) -> None:
    user.set_password("another")
    user.save()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (demote, CloseCode.FORBIDDEN),
        (end_session, CloseCode.GOING_AWAY),
        (change_password, CloseCode.GOING_AWAY),
    ],
)
async def test_a_connection_ends_when_its_session_may_not_see_the_pulse_any_more(
    change: Callable[[User, SessionStore], None], code: CloseCode
) -> None:
    """A client without a session may reconnect: it may have another one by now."""
    scope = await log_in()
    client = stats(scope)
    assert await client.connect(TIMEOUT) == (True, None)
    await sync_to_async(change)(scope["user"], scope["session"])
    assert (await client.receive_output(TIMEOUT))["code"] == code
    await client.disconnect()


async def test_a_session_is_checked_once_for_all_its_connections_until_they_end(checks: Checks) -> None:
    ada, eve = await log_in("ada"), await log_in("eve")
    async with connected(ada) as client, connected(ada), connected(eve):
        while not checks.keys.empty():
            checks.keys.get_nowait()
        keys = Counter(await checks.next(6))
        assert keys == {ada["session"].session_key: 3, eve["session"].session_key: 3}
        await send_pulse("a", 1)
        assert await client.next() == ("a", 1)
    running = [task for task in asyncio.all_tasks() if task.get_name() == "pulse viewers"]
    assert not running or not (await asyncio.wait(running, timeout=TIMEOUT))[1]


async def test_while_the_store_fails_connections_stay(
    checks: Checks, caplog: pytest.LogCaptureFixture
) -> None:
    checks.failing = True
    async with connected(await log_in()) as client:
        await checks.next(3)
        await send_pulse("a", 1)
        assert await client.next() == ("a", 1)
    assert len([message for message in caplog.messages if "checking the sessions" in message]) == 1
