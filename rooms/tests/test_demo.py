"""`manage.py demo`."""

from io import StringIO

import pytest
from django.core.management import call_command

from rooms.models import ReservedName, Room

pytestmark = pytest.mark.django_db


def demo(**options: bool) -> str:
    """Run the command and return its output."""
    output = StringIO()
    call_command("demo", stdout=output, **options)
    return output.getvalue()


def test_it_makes_an_open_lobby_and_a_guarded_vip():
    """A second run changes nothing."""
    assert demo() == "room lobby: open\nroom VIP: guarded\n"
    lobby, vip = Room.objects.order_by("pk")
    assert (lobby.name, lobby.guarded) == ("lobby", False)
    assert (vip.name, vip.check_password("secret123")) == ("VIP", True)
    before = list(Room.objects.values())
    assert demo() == "room lobby: open\nroom VIP: guarded\n"
    assert list(Room.objects.values()) == before


@pytest.mark.parametrize("password", ["x", ""])
def test_it_corrects_passwords_and_leaves_the_rest(password):
    Room.objects.create(name="Lobby", title="Ours", password="x")
    Room.objects.create(name="vip", password=password, member_limit=3)
    demo()
    lobby, vip = Room.objects.order_by("pk")
    assert (lobby.name, lobby.title, lobby.guarded) == ("Lobby", "Ours", False)
    assert (vip.member_limit, vip.check_password("secret123")) == (3, True)


def test_with_keep_it_leaves_rooms_as_an_admin_left_them():
    """A restart of the server must undo neither a password nor a deletion."""
    assert demo(keep=True) == "room lobby: open\nroom VIP: guarded\n"
    lobby, vip = Room.objects.order_by("pk")
    lobby.set_password("another")
    lobby.save()
    vip.delete()
    assert demo(keep=True) == "room lobby: guarded\nroom VIP: deleted\n"
    assert Room.objects.get().check_password("another")
    assert demo() == "room lobby: open\nroom VIP: guarded\n"  # brings it back
    assert not ReservedName.objects.exists()
