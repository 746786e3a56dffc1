"""Who may do what about rooms in the admin, and what nobody can find out there."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from rooms.models import Disconnection, Message, MessageSequence, Room
from rooms.tests.support import make_room

pytestmark = pytest.mark.django_db

LIST = reverse("admin:rooms_room_changelist")


def address(room: Room, page: str = "members") -> str:
    """The address of one of a room's pages."""
    return reverse(f"admin:rooms_room_{page}", args=[room.pk])


def staff(name: str, *permissions: str, **options: Any) -> Client:
    """The browser of a member of the staff with these permissions."""
    user = User.objects.create_user(name, password="x", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    client = Client(**options)
    client.force_login(user)
    return client


@pytest.fixture
def room() -> Room:
    """A guarded room in which something was said."""
    room = make_room(title="The VIPs")
    MessageSequence.objects.sync(room)
    now = datetime.now(UTC)
    for seq in range(1, 4):
        Message.objects.create(
            room=room, seq=seq, member="m", name="Ann", guest=True, text=f"unsaid {seq}", at=now, key=f":{seq}"
        )  # fmt: skip
    return room


POSTS: dict[str, dict[str, Any]] = {
    "everybody": {"everybody": ""},
    "selected": {"selected": "", "member": ["m"]},
    "notice": {"notice": "", "text": "hello"},
    "nothing": {},
}


class TestWhoMayOnlyLook:
    def test_a_rooms_history_is_not_theirs(self, room: Room) -> None:
        """It names members who were disconnected, and holds notices."""
        assert staff("viewer", "view_room").get(address(room, "history")).status_code == 403
        assert staff("changer", "change_room").get(address(room, "history")).status_code == 200

    @pytest.mark.parametrize("fields", POSTS.values(), ids=POSTS.keys())
    def test_the_members_page_is_not_theirs(self, room: Room, fields: dict[str, Any]) -> None:
        """They neither see who is inside nor do anything about it."""
        viewer = staff("viewer", "view_room")
        assert viewer.get(address(room)).status_code == 403
        assert viewer.post(address(room), fields).status_code == 403
        assert not Disconnection.objects.exists()
        assert not LogEntry.objects.exists()

    @pytest.mark.parametrize("action", ["disconnect_everybody", "delete_selected"])
    def test_no_action_of_the_list_is_theirs(self, room: Room, action: str) -> None:
        """Also when they send what the page does not offer."""
        viewer = staff("viewer", "view_room")
        assert action not in viewer.get(LIST).content.decode()
        viewer.post(LIST, {"action": action, "_selected_action": [room.pk], "post": "yes"})
        assert Room.objects.exists()
        assert not Disconnection.objects.exists()

    def test_the_room_s_page_does_not_lead_to_its_members(self, room: Room) -> None:
        """Who may change the room finds the link there."""
        link = f'href="{address(room)}"'
        assert link not in staff("viewer", "view_room").get(address(room, "change")).content.decode()
        changer = staff("changer", "view_room", "change_room")
        assert link in changer.get(address(room, "change")).content.decode()


@pytest.mark.parametrize("permissions", [[], ["delete_room", "add_room"]])
def test_without_the_right_to_change_rooms_the_members_page_is_closed(
    room: Room, permissions: list[str]
) -> None:
    """No other right stands for it."""
    assert staff("other", *permissions).get(address(room)).status_code == 403


def test_strangers_are_sent_to_the_login(client: Client, room: Room) -> None:
    """Who is not of the staff learns nothing, not even whether there is such a room."""
    for pk in (room.pk, room.pk + 1):
        answer = client.post(reverse("admin:rooms_room_members", args=[pk]), {"everybody": ""})
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, reverse("admin:login"))
    assert not Disconnection.objects.exists()


@pytest.mark.parametrize("fields", POSTS.values(), ids=POSTS.keys())
def test_a_page_of_another_site_cannot_send_the_form(room: Room, fields: dict[str, Any]) -> None:
    """Without the token of this site's own page nothing is done."""
    changer = staff("changer", "view_room", "change_room", enforce_csrf_checks=True)
    assert changer.post(address(room), fields).status_code == 403
    assert not Disconnection.objects.exists()


@pytest.mark.parametrize("text", ["", "  ", "x" * 501, "a\0b"])
def test_a_notice_that_cannot_be_meant_comes_back(room: Room, text: str) -> None:
    """With an error, unsent, and not in the history."""
    changer = staff("changer", "view_room", "change_room")
    answer = changer.post(address(room), {"notice": "", "text": text})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not LogEntry.objects.exists()


def test_who_is_not_inside_is_not_disconnected(room: Room) -> None:
    """A made-up id is no removal, least of all one of everybody."""
    changer = staff("changer", "view_room", "change_room")
    assert changer.post(address(room), {"selected": "", "member": ["", "x", "\0"]}).status_code == 302
    assert not Disconnection.objects.exists()


@pytest.mark.parametrize("pk", [0, 10**9, 10**30])
def test_a_room_that_is_not_there_has_no_members_page(admin_client: Client, pk: int) -> None:
    """It is not found, however large its number."""
    assert admin_client.get(reverse("admin:rooms_room_members", args=[pk])).status_code == 404


def test_the_delete_page_counts_messages_and_lists_none(room: Room, admin_client: Client) -> None:
    """A room may have thousands, and what is said there is nobody's who deletes it."""
    page = admin_client.get(address(room, "delete")).content.decode()
    assert "The VIPs" in page
    assert "unsaid" not in page
    assert "essages: 3" in page


@pytest.mark.parametrize(
    "lookup",
    [
        "sequence__pk__password__startswith",
        "sequence__pk__messages__text__contains",
        "messages__text__contains",
        "sequence__room__password",
        "removals__member",
        "pk__password",
        "name__regex",
    ],
)
def test_no_way_round_leads_to_a_hash_or_to_what_was_said(room: Room, lookup: str) -> None:
    """A list that could be filtered by it would tell it letter by letter."""
    assert staff("viewer", "view_room").get(LIST, {lookup: "p"}).status_code == 400


@pytest.mark.parametrize("query", ["_to_field=password", "_popup=1&_to_field=password", "_to_field=sequence"])
def test_no_field_can_be_asked_for_instead_of_the_key(room: Room, query: str) -> None:
    """A list that names rooms by their hashes would show them."""
    for path in (LIST, address(room, "change")):
        assert staff(f"viewer{path}", "view_room").get(f"{path}?{query}").status_code == 400
