"""Who an admin disconnects: those who are inside, once, whatever their process has heard of it."""

from collections.abc import Collection
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone

from rooms import consumers
from rooms import enforcement as disconnections
from rooms import enforcement as enforcement
from rooms.access import loader as reader
from rooms.enforcement import DISCONNECTIONS_KEPT, disconnect, disconnected_since
from rooms.models import Disconnection, MessageSequence, Room
from rooms.tests.stored import read_again
from rooms.tests.support import Looks, entered, make_room
from rtproject.websocket.close_codes import CloseCode

ADA, BOB = "ada-" * 5, "bob-" * 5


class TestStored:
    pytestmark = pytest.mark.django_db

    def test_removals_of_a_room_are_numbered(self) -> None:
        """Each member is one; without any it is everybody."""
        room = make_room("lobby")
        disconnect(room, ["a", "b"])
        disconnect(room)
        assert list(Disconnection.objects.values_list("number", "member")) == [(1, "a"), (2, "b"), (3, "")]
        assert read_again("lobby").last_disconnection == 3

    def test_each_room_has_numbers_of_its_own(self) -> None:
        """They say how often somebody was removed there."""
        one, other = make_room("one"), make_room("other")
        disconnect(one)
        disconnect(other)
        assert (read_again("one").last_disconnection, read_again("other").last_disconnection) == (1, 1)

    def test_a_room_that_keeps_nothing_has_numbers_too(self) -> None:
        """Removals do not need a history, nor begin one."""
        room = make_room("lobby", history_size=0)
        assert read_again("lobby").last_disconnection == 0
        disconnect(room)
        assert (read_again("lobby").last_disconnection, read_again("lobby").epoch) == (1, "")

    def test_a_history_that_begins_or_ends_leaves_the_numbers_alone(self) -> None:
        """Else the next removal would concern nobody."""
        room = make_room("lobby", history_size=0)
        disconnect(room)
        for size in (10, 0, 10):
            room.history_size = size
            room.save()
            assert read_again("lobby").last_disconnection == 1

    def test_old_ones_are_deleted(self) -> None:
        """With the next one; their numbers are not given again."""
        room = make_room("lobby")
        disconnect(room, ["a", "b"])
        Disconnection.objects.filter(member="a").update(
            at=timezone.now() - DISCONNECTIONS_KEPT - timedelta(minutes=1)
        )
        disconnect(room, ["c"])
        assert list(Disconnection.objects.values_list("number", "member")) == [(2, "b"), (3, "c")]

    def test_one_that_could_not_be_stored_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody is told to look, and no number is used up."""
        room = make_room("lobby")
        announced: list[str] = []

        def fail(*_: object, **__: object) -> None:
            raise OperationalError("no store")

        with monkeypatch.context() as patch:
            patch.setattr(disconnections, "announce", announced.append)
            patch.setattr(MessageSequence, "save", fail)
            with pytest.raises(OperationalError):
                disconnect(room)
        assert (announced, Disconnection.objects.count(), read_again("lobby").last_disconnection) == (
            [],
            0,
            0,
        )


@pytest.mark.django_db(transaction=True)
async def test_what_came_after_a_number_can_be_asked_for() -> None:
    """Of one room."""
    one, other = await sync_to_async(make_room)("one"), await sync_to_async(make_room)("other")
    await sync_to_async(disconnect)(one, ["a", "b", "c"])
    await sync_to_async(disconnect)(other, ["d"])
    assert sorted(await disconnected_since(one.pk, 1)) == [(2, "b"), (3, "c")]
    assert await disconnected_since(one.pk, 3) == []


@pytest.mark.django_db(transaction=True)
class TestInside:
    @pytest.fixture(params=[1000, 0], ids=["history", "no history"])
    async def room(self, request: pytest.FixtureRequest) -> Room:
        """An open room."""
        return await sync_to_async(make_room)("lobby", None, history_size=request.param)

    async def test_a_member_has_to_go_with_all_connections(self, room: Room) -> None:
        """Everybody else stays."""
        async with (
            entered("lobby", key=ADA) as one,
            entered("lobby", key=ADA) as other,
            entered("lobby", key=BOB) as bob,
        ):
            await sync_to_async(disconnect)(room, [one.welcome["you"]["id"]])
            assert [await one.code(), await other.code()] == [CloseCode.KICKED] * 2
            assert await bob.still_here()

    async def test_everybody_has_to_go(self, room: Room) -> None:
        """In this room alone."""
        async with entered("lobby") as ada, entered("lobby") as bob, entered("other") as eve:
            await sync_to_async(disconnect)(room)
            assert [await ada.code(), await bob.code()] == [CloseCode.KICKED] * 2
            assert await eve.still_here()

    async def test_it_is_not_a_ban(self, room: Room, looks: Looks) -> None:
        """Who comes after it stays, however often the room is looked at, and goes with the next removal."""
        async with entered("lobby", key=ADA) as before, entered("lobby", key=BOB) as bob:
            ada = before.welcome["you"]["id"]
            await sync_to_async(disconnect)(room, [ada])
            assert await before.code() == CloseCode.KICKED
            async with entered("lobby", key=ADA) as after:
                await sync_to_async(disconnect)(room, [bob.welcome["you"]["id"]])
                assert await bob.code() == CloseCode.KICKED
                await looks.at("lobby")
                assert await after.still_here()
                await sync_to_async(disconnect)(room, [ada])
                assert await after.code() == CloseCode.KICKED

    async def test_several_at_one_time_have_to_go(self, room: Room) -> None:
        """Each of them is a removal of its own."""
        async with entered("lobby") as ada, entered("lobby") as bob, entered("lobby") as eve:
            members = [client.welcome["you"]["id"] for client in (ada, bob)]
            await sync_to_async(disconnect)(room, members)
            assert [await ada.code(), await bob.code()] == [CloseCode.KICKED] * 2
            assert await eve.still_here()

    async def test_who_is_on_the_way_in_has_to_go(self, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
        """They came before it, and were let in after it; their process heard of it before they were inside."""
        monkeypatch.setattr(enforcement, "RECONCILE_SECONDS", 0.05)
        looked: list[Collection[str]] = []

        async def load_rooms(names: Collection[str], batch: bool) -> dict[str, Room]:
            found: dict[str, Room] = await reader.load_rooms(names)
            if not looked:
                await sync_to_async(disconnect)(room)
            looked.append(names)
            return found

        monkeypatch.setattr(consumers, "load_rooms", load_rooms)
        async with entered("lobby") as client:
            assert await client.code() == CloseCode.KICKED

    async def test_a_removal_that_nobody_heard_of_is_found(
        self, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The layer may lose the announcement; the enforcement looks by itself."""
        monkeypatch.setattr(enforcement, "RECONCILE_SECONDS", 0.05)
        monkeypatch.setattr(disconnections, "announce", lambda name: None)
        async with entered("lobby") as ada:
            await sync_to_async(disconnect)(room)
            assert await ada.code() == CloseCode.KICKED

    async def test_removals_are_asked_for_once(
        self, room: Room, looks: Looks, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A look at a room in which nobody was removed since the last one costs no query for it."""
        asked: list[int] = []

        async def spy(room: int, number: int) -> list[tuple[int, str]]:
            asked.append(number)
            return await disconnected_since(room, number)

        monkeypatch.setattr(enforcement, "RECONCILE_SECONDS", 0.02)
        monkeypatch.setattr(enforcement, "disconnected_since", spy)
        async with entered("lobby", key=ADA) as ada, entered("lobby", key=BOB) as bob:
            await sync_to_async(disconnect)(room, [ada.welcome["you"]["id"]])
            assert await ada.code() == CloseCode.KICKED
            for _ in range(3):
                await looks.at("lobby")
            assert await bob.still_here()
        assert asked == [0]


@pytest.mark.django_db(transaction=True)
async def test_in_an_unlisted_room_nobody_can_be_removed(
    looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no row to store that in, and looking at it asks for no disconnections."""
    monkeypatch.setattr(enforcement, "RECONCILE_SECONDS", 0.02)
    monkeypatch.setattr(enforcement, "disconnected_since", None)
    async with entered("elsewhere") as client:
        for _ in range(2):
            await looks.at("elsewhere")
        assert await client.still_here()
