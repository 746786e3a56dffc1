"""`manage.py demo`."""

from io import StringIO

import pytest
from django.core.management import call_command

from rooms.models import ReservedName, Room

pytestmark = pytest.mark.django_db


def demo(**options: bool) -> str:
    """Runs the command and returns what it prints."""
    output = StringIO()
    call_command("demo", stdout=output, **options)
    return output.getvalue()


def rows() -> list[tuple[object, ...]]:
    """Everything that is stored about rooms."""
    return list(Room.objects.order_by("pk").values_list())


def test_it_makes_the_rooms_of_the_lesson() -> None:
    """An open lobby, and a VIP that asks for its password."""
    assert demo() == "room lobby: open\nroom VIP: guarded\n"
    lobby, vip = Room.objects.order_by("pk")
    assert (lobby.name, lobby.guarded) == ("lobby", False)
    assert (vip.name, vip.check_password("secret123")) == ("VIP", True)


def test_again_it_changes_nothing() -> None:
    """Nobody is turned away by running it a second time."""
    demo()
    before = rows()
    assert demo() == "room lobby: open\nroom VIP: guarded\n"
    assert rows() == before


def test_it_sets_right_what_is_otherwise() -> None:
    """A lobby with a password is opened, and the VIP's password set back; what else was changed stays."""
    Room.objects.create(name="Lobby", title="Ours", password="x")
    Room.objects.create(name="vip", password="x", member_limit=3)
    demo()
    lobby, vip = Room.objects.order_by("pk")
    assert (lobby.name, lobby.title, lobby.guarded) == ("Lobby", "Ours", False)
    assert (vip.member_limit, vip.check_password("secret123")) == (3, True)


def test_it_guards_a_vip_that_was_opened() -> None:
    """A VIP without its password is not the lesson's."""
    Room.objects.create(name="VIP")
    demo()
    assert Room.objects.get(name="VIP").check_password("secret123")


def test_it_brings_deleted_rooms_back() -> None:
    """Rooms that were deleted are made again, and their names are free."""
    demo()
    Room.objects.all().delete()
    demo()
    assert Room.objects.count() == 2
    assert not ReservedName.objects.exists()


def test_it_can_leave_rooms_as_an_admin_left_them() -> None:
    """A server that is started again must not undo a password, nor a deletion."""
    assert demo(keep=True) == "room lobby: open\nroom VIP: guarded\n"
    lobby, vip = Room.objects.order_by("pk")
    lobby.set_password("another")
    lobby.save()
    vip.delete()
    before = rows()
    assert demo(keep=True) == "room lobby: guarded\nroom VIP: deleted\n"
    assert rows() == before
