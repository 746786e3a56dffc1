"""What the enforcement sees by itself, when nobody tells it."""

import asyncio
from collections.abc import Collection

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from rooms import enforcement as enforcement
from rooms import receivers as changes
from rooms.enforcement import current_enforcement
from rooms.models import ReservedName, Room
from rooms.tests.support import PATIENCE, Looks, entered, make_room, set_password
from rtproject.websocket.close_codes import CloseCode

pytestmark = pytest.mark.django_db(transaction=True)

new_room = sync_to_async(make_room)


class TestLookingAgain:
    @pytest.fixture(autouse=True)
    def _often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(enforcement, "RECONCILE_SECONDS", 0.05)

    async def test_a_change_that_was_never_announced_is_noticed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The layer may lose an announcement; the enforcement looks by itself."""
        monkeypatch.setattr(changes, "announce", lambda name: None)
        await new_room()
        async with entered("VIP", **{"pass": "secret123"}) as client:
            await sync_to_async(set_password)("other")
            assert await client.code() == CloseCode.PASSWORD_CHANGED

    async def test_a_name_that_was_reserved_meanwhile_is_noticed(self) -> None:
        """Nobody stays in an unlisted room whose name nobody may enter by."""
        async with entered("vip") as client:
            await ReservedName.objects.acreate(key="vip")
            assert await client.code() == CloseCode.NOT_FOUND

    async def test_a_busy_room_costs_the_others_no_look(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """However often one room is announced to have changed, all rooms are looked at in time."""
        # Far above the time between two announcements.
        monkeypatch.setattr(enforcement, "RECONCILE_SECONDS", 0.5)
        monkeypatch.setattr(changes, "announce", lambda name: None)
        await new_room()
        async with entered("VIP", **{"pass": "secret123"}) as client:
            await sync_to_async(set_password)("other")
            closed = asyncio.create_task(client.code())
            while not closed.done():
                current_enforcement().room_changed("busy")
                await asyncio.wait({closed}, timeout=0.01)
            assert await closed == CloseCode.PASSWORD_CHANGED

    async def test_while_the_store_is_away_nobody_is_turned_away(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """What cannot be read says nothing about who is inside; the next look that works does."""
        failed = asyncio.Event()

        async def fail(names: Collection[str]) -> dict[str, Room]:
            failed.set()
            raise OperationalError("no store")

        await new_room()
        async with entered("VIP", **{"pass": "secret123"}) as client:
            with monkeypatch.context() as patch:
                patch.setattr(enforcement, "load_rooms", fail)
                await sync_to_async(set_password)("other")
                await asyncio.wait_for(failed.wait(), PATIENCE)
                assert await client.still_here()
            assert await client.code() == CloseCode.PASSWORD_CHANGED
        assert caplog.text.count("reading the rooms with somebody inside fails") == 1
        assert not any(record.exc_info for record in caplog.records)


async def test_an_empty_house_is_not_looked_at(monkeypatch: pytest.MonkeyPatch, looks: Looks) -> None:
    """Without anybody inside no query is made, and what is known of the rooms is forgotten."""
    monkeypatch.setattr(enforcement, "RECONCILE_SECONDS", 0.01)
    async with entered("lobby"):
        await looks.at("lobby")
    monkeypatch.setattr(enforcement, "load_rooms", None)
    current_enforcement().room_changed("lobby")
    for _ in range(100):
        await asyncio.sleep(0)
    assert current_enforcement().members("lobby") == set()
    assert not current_enforcement()._inside
