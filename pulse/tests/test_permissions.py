"""How long somebody sees a pulse that is for staff alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from asgiref.sync import sync_to_async
from channels.auth import get_user
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser, User
from django.db import OperationalError, connections
from django.test import Client
from pytest_django import Settings

from pulse import permissions as access
from pulse.consumers import PulseConsumer
from pulse.tests.clients import PATIENCE
from pulse.tests.support import host_and_seq, send_pulse
from rtproject.sessions import SessionStore
from rtproject.websocket.close_codes import CloseCode

pytestmark = pytest.mark.django_db(transaction=True)

GetUser = Callable[[dict[str, SessionStore]], Awaitable[User | AnonymousUser]]


class Looks:
    """Every look at a session, which waits until the test lets it; may be told to fail."""

    def __init__(self, get_user: GetUser) -> None:
        self.keys: asyncio.Queue[str | None] = asyncio.Queue()
        self.failure: Exception | None = None
        self._get_user = get_user

    async def look(self, scope: dict[str, SessionStore]) -> User | AnonymousUser:
        self.keys.put_nowait(scope["session"].session_key)
        if self.failure is not None:
            raise self.failure
        return await self._get_user(scope)

    async def rounds(self, count: int) -> list[str | None]:
        """The sessions of the next so many looks."""
        return [await asyncio.wait_for(self.keys.get(), PATIENCE) for _ in range(count)]


@pytest.fixture(autouse=True)
async def _no_connection_is_left_open() -> AsyncIterator[None]:
    """Channels' communicator keeps `database_sync_to_async` from closing."""
    yield
    await sync_to_async(connections.close_all)()


@pytest.fixture(autouse=True)
def looks(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Looks:
    """PULSE_PUBLIC is off, and sessions are asked again without pause."""
    settings.PULSE_PUBLIC = False
    made = Looks(get_user)
    monkeypatch.setattr(access, "RECHECK_SECONDS", 0.01)
    monkeypatch.setattr(access, "get_user", made.look)
    return made


@sync_to_async
def logged_in(name: str = "ada") -> tuple[User, SessionStore]:
    """A member of the staff and a session that is theirs."""
    user, _ = User.objects.get_or_create(username=name, is_staff=True)
    client = Client()
    client.force_login(user)
    return user, SessionStore(client.session.session_key)


async def watching(user: User, session: SessionStore) -> WebsocketCommunicator:
    """A connection of theirs to /stats, which is let in."""
    communicator = WebsocketCommunicator(PulseConsumer.as_asgi(), "/stats?history=0")
    communicator.scope |= {"user": user, "session": SessionStore(session.session_key)}
    assert await communicator.connect(timeout=PATIENCE) == (True, None)
    return communicator


async def code_of(communicator: WebsocketCommunicator) -> int:
    """The code that it is closed with."""
    closed = await communicator.receive_output(timeout=PATIENCE)
    assert closed["type"] == "websocket.close"
    await communicator.disconnect()
    return int(closed["code"])


async def test_who_is_no_staff_any_more_is_turned_away() -> None:
    user, session = await logged_in()
    client = await watching(user, session)
    await User.objects.filter(pk=user.pk).aupdate(is_staff=False)
    assert await code_of(client) == CloseCode.FORBIDDEN


async def test_whose_session_ended_must_come_back_with_another() -> None:
    """It may have been given another key, as entering a room does: then they come in again."""
    user, session = await logged_in()
    client = await watching(user, session)
    await sync_to_async(session.flush)()
    assert await code_of(client) == CloseCode.GOING_AWAY


async def test_a_new_password_ends_what_older_sessions_see() -> None:
    """As it ends those sessions for every page."""
    user, session = await logged_in()
    client = await watching(user, session)
    user.set_password("another")
    await user.asave()
    assert await code_of(client) == CloseCode.GOING_AWAY


async def test_a_session_is_asked_once_however_many_watch_by_it(looks: Looks) -> None:
    """And who is staff stays, for as long as they are."""
    user, session = await logged_in()
    _, other = await logged_in("eve")
    clients = [await watching(user, key) for key in (session, session, other)]
    while not looks.keys.empty():
        looks.keys.get_nowait()  # those of before all were there
    seen = await looks.rounds(6)
    assert {key: seen.count(key) for key in seen} == {session.session_key: 3, other.session_key: 3}
    await send_pulse("a", 1)
    for client in clients:
        assert host_and_seq(await client.receive_from(timeout=PATIENCE)) == ("a", 1)
        await client.disconnect()


async def test_a_store_out_of_reach_turns_nobody_away_who_is_inside(
    looks: Looks, caplog: pytest.LogCaptureFixture
) -> None:
    looks.failure = OperationalError("gone")
    user, session = await logged_in()
    client = await watching(user, session)
    await looks.rounds(3)
    await send_pulse("a", 1)
    assert host_and_seq(await client.receive_from(timeout=PATIENCE)) == ("a", 1)
    await client.disconnect()
    failures = [message for message in caplog.messages if "checking the sessions" in message]
    assert len(failures) == 1


async def test_nobody_is_asked_where_everybody_may_watch(looks: Looks, settings: Settings) -> None:
    settings.PULSE_PUBLIC = True
    client = await watching(*await logged_in())
    assert access.current_viewers()._task is None
    await client.disconnect()


async def test_who_has_left_is_asked_no_more(looks: Looks) -> None:
    client = await watching(*await logged_in())
    await looks.rounds(1)
    await client.disconnect()
    task = access.current_viewers()._task
    assert task is not None
    await asyncio.wait_for(task, PATIENCE)
