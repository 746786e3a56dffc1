"""What follows when a room is made, changed or deleted."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from rooms import enforcement
from rooms import receivers as changes
from rooms.models import ReservedName, Room
from rooms.names import room_group
from rooms.tests.support import PATIENCE, make_room
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.registry import GroupEvent, current_registry


def retired() -> list[str]:
    """The names that are reserved."""
    return list(ReservedName.objects.order_by("key").values_list("key", flat=True))


@pytest.mark.django_db
class TestNames:
    def test_deleting_a_room_retires_its_name(self) -> None:
        """The name is reserved without case."""
        make_room("VIP").delete()
        assert retired() == ["vip"]

    def test_deleting_many_retires_every_name(self) -> None:
        """A queryset's delete, as the admin's action does it, leaves no name behind."""
        for name in ("One", "two", "three"):
            make_room(name)
        Room.objects.exclude(name="two").delete()
        assert retired() == ["one", "three"]

    def test_making_a_room_frees_its_name(self) -> None:
        """An admin takes the name back, in whatever case."""
        make_room("VIP").delete()
        make_room("other").delete()
        make_room("vip")
        assert retired() == ["other"]

    def test_a_name_can_be_retired_again_and_again(self) -> None:
        """Making and deleting a room of one name leaves one reserved name."""
        for _ in range(2):
            make_room("VIP").delete()
        ReservedName.objects.create(key="late")
        Room.objects.bulk_create([Room(name="late")])  # which no signal tells of
        Room.objects.all().delete()
        assert retired() == ["late", "vip"]

    @pytest.mark.parametrize("name", ["other", "vip"])
    def test_the_name_of_a_room_never_changes(self, name: str) -> None:
        """Not by code either, nor its case: the old name would be an open, unlisted room."""
        room = make_room("VIP")
        room.name = name
        for fields in (None, ["name"]):
            with pytest.raises(ValueError, match="never changes"):
                room.save(update_fields=fields)
        with pytest.raises(ValueError, match="never changes"):
            Room.objects.filter(pk=room.pk).update(name=name)
        with pytest.raises(ValueError, match="never changes"), transaction.atomic():
            Room.objects.bulk_update([room], ["name"])
        room.save(update_fields=["title"])
        assert Room.objects.get().name == "VIP"

    def test_changing_a_room_frees_nothing(self) -> None:
        """Only a new room takes names back."""
        room = make_room("VIP")
        ReservedName.objects.create(key="vip")
        room.save()
        assert retired() == ["vip"]


class Ear:
    """A member of a room's group."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[GroupEvent] = asyncio.Queue()

    def deliver(self, event: GroupEvent) -> None:
        self.heard.put_nowait(event)


def _make() -> None:
    make_room("new")


def _change() -> None:
    Room.objects.get(name="old").save()


def _delete() -> None:
    Room.objects.filter(name="old").delete()


@pytest.mark.django_db(transaction=True)
class TestAnnouncements:
    @pytest.mark.parametrize(("name", "change"), [("new", _make), ("old", _change), ("old", _delete)])
    async def test_each_change_is_announced(self, name: str, change: Callable[[], None]) -> None:
        """The room's group hears that something changed, and no client hears anything."""
        await sync_to_async(make_room)("old")
        ear = Ear()
        await current_registry().join(room_group(name.upper()), ear)
        await sync_to_async(change)()
        event = await asyncio.wait_for(ear.heard.get(), PATIENCE)
        assert (event.text, event.tags) == (None, {})

    def test_nothing_is_announced_before_it_is_stored(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Who looks because of an announcement finds the change; one that is rolled back is not announced."""
        announced: list[str] = []
        monkeypatch.setattr(changes, "announce", announced.append)
        with transaction.atomic():
            make_room("VIP")
            assert announced == []
        assert announced == ["VIP"]
        with transaction.atomic():
            make_room("other")
            transaction.set_rollback(True)
        assert announced == ["VIP"]

    def test_without_the_layer_the_change_is_made(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A room can be changed while nobody can be told; one line says so."""

        async def fail(*_: Any, **__: Any) -> None:
            raise LayerUnavailable("no layer")

        monkeypatch.setattr(enforcement, "broadcast", fail)
        make_room("VIP")
        assert Room.objects.count() == 1
        (record,) = [record for record in caplog.records if record.name == "rooms.enforcement"]
        assert (record.levelno, record.exc_info) == (logging.ERROR, None)
        assert "VIP" in record.getMessage()
