"""Names are reserved and freed with their rooms, and every change of a room is announced."""

import logging
from collections.abc import Callable
from unittest.mock import Mock

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from rooms import enforcement, receivers
from rooms.models import ReservedName, Room
from rooms.names import room_group
from rooms.tests.support import layer_unavailable, make_room, until
from rtproject.websocket.groups.registry import GroupEvent, current_registry


def reserved() -> list[str]:
    """The names that are reserved."""
    return list(ReservedName.objects.order_by("key").values_list("key", flat=True))


@pytest.mark.django_db
class TestNames:
    def test_deleting_rooms_reserves_their_names(self):
        """One by one, or by a queryset as the admin's action does it."""
        for name in ("One", "two", "three"):
            make_room(name)
        make_room("VIP").delete()
        Room.objects.exclude(name="two").delete()
        assert reserved() == ["one", "three", "vip"]

    def test_making_a_room_frees_its_name(self):
        for name in ("VIP", "other", "vip"):
            make_room(name).delete()
        make_room("Vip").save()
        assert reserved() == ["other"]
        ReservedName.objects.create(key="vip")
        Room.objects.get().save()  # only a new room frees a name
        assert reserved() == ["other", "vip"]
        Room.objects.get().delete()
        assert reserved() == ["other", "vip"]

    @pytest.mark.parametrize("name", ["other", "vip"])
    def test_the_name_of_a_room_never_changes(self, name):
        """Its case does not change either: the old name would be an open, unlisted room."""
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


CHANGES: dict[str, Callable[[], object]] = {
    "new": lambda: make_room("new"),
    "Old": lambda: Room.objects.get(name="Old").save(),
    "old": lambda: Room.objects.filter(name="Old").delete(),
}


@pytest.mark.django_db(transaction=True)
class TestAnnouncements:
    @pytest.mark.parametrize(("name", "change"), CHANGES.items(), ids=["made", "changed", "deleted"])
    async def test_each_change_is_announced_to_the_group_of_the_room(self, name, change):
        """The event has no text for clients."""
        await sync_to_async(make_room)("Old")
        events: list[GroupEvent] = []
        await current_registry().join(room_group(name.upper()), Mock(deliver=events.append))
        await sync_to_async(change)()
        await until(lambda: events)
        assert (events[0].text, events[0].tags) == (None, {})

    def test_a_change_is_announced_when_it_is_committed(self, monkeypatch):
        announced: list[str] = []
        monkeypatch.setattr(receivers, "announce", announced.append)
        with transaction.atomic():
            make_room("VIP")
            assert announced == []
        assert announced == ["VIP"]
        with transaction.atomic():
            make_room("other")
            transaction.set_rollback(True)
        assert announced == ["VIP"]

    def test_without_the_layer_the_change_is_made_and_one_line_logged(self, monkeypatch, caplog):
        monkeypatch.setattr(enforcement, "broadcast", layer_unavailable)
        make_room("VIP")
        assert Room.objects.count() == 1
        (record,) = [record for record in caplog.records if record.name == "rooms.enforcement"]
        assert (record.levelno, record.exc_info) == (logging.ERROR, None)
        assert "VIP" in record.getMessage()
