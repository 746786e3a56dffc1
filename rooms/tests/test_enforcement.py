"""Connections inside a room when it changes, and disconnections by an admin."""

import asyncio
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone

from rooms import consumers, enforcement, receivers
from rooms.access import loader
from rooms.enforcement import DISCONNECTIONS_KEPT, current_enforcement, disconnect
from rooms.models import Disconnection, ReservedName, Room
from rooms.tests import support
from rooms.tests.support import (
    Client,
    change_room,
    entered,
    keeping_room,
    make_room,
    put_many,
    read_again,
    set_password,
)
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.lifecycle import running_tasks

pytestmark = pytest.mark.django_db(transaction=True)

new_room, kick = sync_to_async(make_room), sync_to_async(disconnect)
new_password = sync_to_async(set_password)
SECRET = {"pass": "secret123"}
ADA, BOB = "ada-" * 5, "bob-" * 5


async def codes(*clients: Client) -> set[int]:
    """The codes that connections are ended with."""
    return {await client.code() for client in clients}


CHANGES: dict[str, tuple[str | None, Callable[[], object], CloseCode]] = {
    "password set": (None, partial(set_password, "first"), CloseCode.PASSWORD_CHANGED),
    "password changed": ("secret123", partial(set_password, "other"), CloseCode.PASSWORD_CHANGED),
    "deleted": ("secret123", Room.objects.all().delete, CloseCode.NOT_FOUND),
    "made again": ("secret123", support.recreate_room, CloseCode.NOT_FOUND),
    "history switched off": (None, partial(change_room, history_size=0), CloseCode.GOING_AWAY),
}


@pytest.mark.parametrize(("password", "change", "code"), CHANGES.values(), ids=CHANGES.keys())
async def test_a_change_ends_all_connections_of_the_room(password, change, code):
    await new_room("VIP", password)
    async with (
        entered("VIP", **SECRET) as ada,
        entered("vip", "site", **SECRET) as bob,
        entered("other") as eve,
    ):
        await sync_to_async(change)()
        assert await codes(ada, bob) == {code}
        assert await eve.is_open()


async def test_a_new_room_takes_the_place_of_an_unlisted_one():
    async with entered("vip") as ada, entered("vip") as bob:
        await new_room("VIP")
        assert await codes(ada, bob) == {CloseCode.GOING_AWAY}


async def test_a_removed_password_or_new_limits_end_no_connection(looks):
    """The next password does."""
    await new_room()
    async with entered("VIP", **SECRET) as client:
        await sync_to_async(change_room)(closed=True, member_limit=0, title="Closed")
        await looks.at("vip")
        await new_password(None)
        await looks.at("vip")
        assert await client.is_open()
        await new_password("other")
        assert await client.code() == CloseCode.PASSWORD_CHANGED


async def test_an_enforcement_that_ended_starts_again_with_the_next_newcomer():
    async with entered("lobby"):
        (task,) = [task for task in running_tasks().background if task.get_name() == "enforcement"]
        task.cancel()
        await asyncio.wait({task})
        async with entered("vip") as client:
            await new_room("VIP")
            assert await client.code() == CloseCode.GOING_AWAY


class TestReconciliation:
    @pytest.fixture(autouse=True)
    def _unannounced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No process is told of a change; rooms are read often."""
        monkeypatch.setattr(receivers, "announce", lambda name: None)
        monkeypatch.setattr(enforcement, "announce", lambda name: None)
        monkeypatch.setattr(enforcement, "RECONCILE_SECONDS", 0.05)

    async def test_changes_and_disconnections_are_noticed(self):
        room = await new_room("lobby", None)
        async with entered("lobby") as ada, entered("gone") as bob:
            await ReservedName.objects.acreate(key="gone")
            assert await bob.code() == CloseCode.NOT_FOUND
            await kick(room)
            assert await ada.code() == CloseCode.KICKED

    async def test_a_message_whose_event_was_lost_is_found(self):
        """Also if it is the last one, so that no later one shows the gap."""
        room = await sync_to_async(keeping_room)()
        async with entered("lobby") as client:
            await sync_to_async(put_many)(room, 1)
            assert (await client.next())["text"] == "1"

    async def test_constant_changes_of_one_room_do_not_delay_the_others(self, monkeypatch):
        monkeypatch.setattr(enforcement, "RECONCILE_SECONDS", 0.5)  # far above the time between two changes
        await new_room()
        async with entered("VIP", **SECRET) as client:
            await new_password("other")
            closed = asyncio.create_task(client.code())
            while not closed.done():
                current_enforcement().room_changed("busy")
                await asyncio.wait({closed}, timeout=0.01)
            assert await closed == CloseCode.PASSWORD_CHANGED

    async def test_while_the_store_fails_no_connection_is_ended(self, monkeypatch, caplog):
        failed = asyncio.Event()

        async def fail(names: Collection[str]) -> dict[str, Room]:
            failed.set()
            raise OperationalError("no store")

        await new_room()
        async with entered("VIP", **SECRET) as client:
            with monkeypatch.context() as patch:
                patch.setattr(enforcement, "load_rooms", fail)
                await new_password("other")
                await asyncio.wait_for(failed.wait(), support.TIMEOUT)
                assert await client.is_open()
            assert await client.code() == CloseCode.PASSWORD_CHANGED
        assert caplog.text.count("reading the rooms with somebody inside fails") == 1
        assert not any(record.exc_info for record in caplog.records)


class TestStoredDisconnections:
    def test_they_are_numbered_in_each_room(self):
        room, other = make_room("lobby"), make_room("other", history_size=0)
        for where, members in ((room, ["a", "b"]), (room, [""]), (other, [""])):
            disconnect(where, members)
        rows = Disconnection.objects.filter(room=room).values_list("number", "member")
        assert list(rows) == [(1, "a"), (2, "b"), (3, "")]
        assert (read_again("lobby").last_disconnection, read_again("other").last_disconnection) == (3, 1)
        for size in (10, 0):  # switching history does not change them
            other.history_size = size
            other.save()
            assert (read_again("other").last_disconnection, bool(read_again("other").epoch)) == (
                1,
                bool(size),
            )

    def test_the_next_one_deletes_old_ones(self):
        room = make_room("lobby")
        disconnect(room, ["a", "b"])
        old = timezone.now() - DISCONNECTIONS_KEPT - timedelta(minutes=1)
        Disconnection.objects.filter(member="a").update(at=old)
        disconnect(room, ["c"])
        assert list(Disconnection.objects.values_list("number", "member")) == [(2, "b"), (3, "c")]


class TestDisconnections:
    @pytest.fixture(params=[1000, 0], ids=["history", "no history"])
    async def room(self, request: pytest.FixtureRequest) -> Room:
        """An open room."""
        return await new_room("lobby", None, history_size=request.param)

    async def test_members_are_disconnected_with_all_their_connections(self, room):
        async with (
            entered("lobby", key=ADA) as one,
            entered("lobby", key=ADA) as two,
            entered("lobby") as eve,
            entered("lobby", key=BOB) as bob,
            entered("other") as mia,
        ):
            await kick(room, [client.welcome["you"]["id"] for client in (one, eve)])
            assert await codes(one, two, eve) == {CloseCode.KICKED}
            assert await bob.is_open()
            await kick(room)  # everybody
            assert await bob.code() == CloseCode.KICKED
            assert await mia.is_open()

    async def test_a_disconnection_is_not_a_ban(self, room, looks):
        """A member that comes back stays until the next one."""
        async with entered("lobby", key=ADA) as before, entered("lobby", key=BOB) as bob:
            ada = before.welcome["you"]["id"]
            await kick(room, [ada])
            assert await before.code() == CloseCode.KICKED
            async with entered("lobby", key=ADA) as after:
                await kick(room, [bob.welcome["you"]["id"]])
                assert await bob.code() == CloseCode.KICKED
                await looks.at("lobby")
                assert await after.is_open()
                await kick(room, [ada])
                assert await after.code() == CloseCode.KICKED

    async def test_a_newcomer_that_was_admitted_before_it_is_disconnected_too(self, room, monkeypatch):
        monkeypatch.setattr(enforcement, "RECONCILE_SECONDS", 0.05)
        loaded: list[Collection[str]] = []

        async def load_rooms(names: Collection[str], batch: bool) -> dict[str, Room]:
            found: dict[str, Room] = await loader.load_rooms(names)
            if not loaded:
                await kick(room)
            loaded.append(names)
            return found

        monkeypatch.setattr(consumers, "load_rooms", load_rooms)
        async with entered("lobby") as client:
            assert await client.code() == CloseCode.KICKED


async def test_sessions_that_are_not_in_the_database_are_not_looked_for(settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    assert await enforcement.living_sessions({"a"}) == {"a"}
