"""Rooms in the admin, as its pages show them."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from rooms.models import ReservedName, Room
from rooms.tests.support import make_room

pytestmark = pytest.mark.django_db

LIST = reverse("admin:rooms_room_changelist")
ADD = reverse("admin:rooms_room_add")
PASSWORDS = ["secret123", "other-secret"]


def page(room: Room, name: str = "change") -> str:
    """The address of one room's page."""
    return reverse(f"admin:rooms_room_{name}", args=[room.pk])


def send(client: Client, address: str, **fields: Any) -> Any:
    """Sends the form at `address`, filled in with `fields`."""
    data = {"title": "", "history_size": 10, "member_limit": "", "new_password": "", "_save": "Save"}
    return client.post(address, data | fields)


@pytest.fixture
def viewer(client: Client) -> Client:
    """A member of the staff who may look at rooms and do nothing else."""
    user = User.objects.create_user("viewer", password="x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_room"))
    client.force_login(user)
    return client


class TestPassword:
    def test_a_room_is_made_and_its_password_set_changed_and_removed(self, admin_client: Client) -> None:
        """The whole life of a password, through the admin's own pages."""
        assert send(admin_client, ADD, name="VIP", title="The VIPs").status_code == 302
        room = Room.objects.get()
        assert (room.name, room.title, room.guarded) == ("VIP", "The VIPs", False)
        for raw in PASSWORDS:
            assert send(admin_client, page(room), new_password=raw).status_code == 302
            room.refresh_from_db()
            assert room.check_password(raw)
        assert send(admin_client, page(room), remove_password="on").status_code == 302
        room.refresh_from_db()
        assert not room.guarded
        assert room.password_version == 3

    def test_a_room_can_be_made_with_a_password(self, admin_client: Client) -> None:
        """A new room is never open for a moment."""
        send(admin_client, ADD, name="VIP", new_password="secret123")
        room = Room.objects.get()
        assert room.check_password("secret123")
        assert room.password_version == 1

    @pytest.mark.parametrize(
        "fields",
        [{"new_password": "secret123", "remove_password": "on"}, {"new_password": "secret\0"},
         {"new_password": "x" * 129}],
        ids=["both", "NUL", "too long"],
    )  # fmt: skip
    def test_a_wrong_form_changes_nothing(self, admin_client: Client, fields: dict[str, str]) -> None:
        """What cannot be meant comes back with an error, and without what was typed."""
        room = make_room(password="before")
        answer = send(admin_client, page(room), title="new", **fields)
        assert answer.status_code == 200
        assert answer.context["errors"]
        assert "secret" not in answer.content.decode()
        room.refresh_from_db()
        assert (room.title, room.check_password("before")) == ("", True)


class TestSecrecy:
    def pages(self, client: Client, room: Room) -> str:
        """Everything that the admin shows about rooms, its index and the history included."""
        names = ("change", "history", "delete")
        addresses = [LIST, LIST + "?q=VIP", reverse("admin:index"), *(page(room, name) for name in names)]
        answers = [client.get(address) for address in addresses]
        assert answers[0].status_code == answers[3].status_code == 200
        return "".join(answer.content.decode() for answer in answers)

    def test_neither_the_password_nor_its_hash_is_ever_shown(self, admin_client: Client) -> None:
        """A superuser sees whether there is a password, and no more."""
        send(admin_client, ADD, name="VIP", new_password="secret123")
        room = Room.objects.get()
        first = room.password
        send(admin_client, page(room), new_password="other-secret")
        room.refresh_from_db()
        shown = self.pages(admin_client, room)
        assert "VIP" in shown
        assert not any(secret in shown for secret in (*PASSWORDS, first, room.password, room.password[-16:]))

    def test_who_may_only_look_sees_no_more(self, viewer: Client) -> None:
        """A read-only page has no field for a password and nothing about its hash."""
        room = make_room()
        shown = self.pages(viewer, room)
        assert not any(secret in shown for secret in ("secret123", room.password, room.password[-16:]))
        assert 'type="password"' not in shown

    def test_who_may_only_look_changes_nothing(self, viewer: Client) -> None:
        """The right to see a room is not the right to open it."""
        room = make_room()
        for address in (ADD, page(room), page(room, "delete")):
            answer = send(viewer, address, name="VIP2", remove_password="on", post="yes")
            assert answer.status_code == 403
        assert Room.objects.get().password == room.password

    def test_the_history_says_that_it_was_changed_and_not_to_what(self, admin_client: Client) -> None:
        """The log of changes has no password in it."""
        send(admin_client, ADD, name="VIP", new_password="secret123")
        send(admin_client, page(Room.objects.get()), new_password="other-secret")
        entries = [f"{entry.change_message} {entry} {entry.object_repr}" for entry in LogEntry.objects.all()]
        assert "Changed new_password." in "".join(entries)
        assert not any(secret in "".join(entries) for secret in PASSWORDS)

    @pytest.mark.parametrize(
        "lookup", ["password", "password__startswith", "password__regex", "password__gt", "password_version"]
    )
    @pytest.mark.parametrize("who", ["admin_client", "viewer"])
    def test_nobody_can_ask_the_list_about_hashes(
        self, who: str, lookup: str, request: pytest.FixtureRequest
    ) -> None:
        """The list cannot be filtered by what it does not show."""
        assert request.getfixturevalue(who).get(LIST, {lookup: "1"}).status_code == 400

    def test_the_list_can_be_filtered_otherwise(self, admin_client: Client) -> None:
        """Filters by what is shown work as in every admin."""
        make_room("VIP", closed=True)
        make_room("lobby")
        assert admin_client.get(LIST, {"closed__exact": "1"}).context["cl"].result_count == 1


class TestName:
    def test_it_is_read_only_once_the_room_is_there(self, admin_client: Client) -> None:
        """A name never changes, also when somebody sends another."""
        room = make_room("VIP")
        form = admin_client.get(page(room)).context["adminform"].form
        assert "name" not in form.fields
        assert send(admin_client, page(room), name="other").status_code == 302
        room.refresh_from_db()
        assert room.name == "VIP"

    def test_a_name_in_another_case_is_taken(self, admin_client: Client) -> None:
        """A second room of a name is an error on the form."""
        make_room("VIP")
        answer = send(admin_client, ADD, name="vip")
        assert "A room with this name exists." in answer.content.decode()
        assert Room.objects.count() == 1

    def test_deleting_by_the_lists_action_retires_the_names(self, admin_client: Client) -> None:
        """Rooms that are deleted together are reserved like others."""
        rooms = [make_room("one"), make_room("two")]
        data = {"action": "delete_selected", "_selected_action": [room.pk for room in rooms], "post": "yes"}
        assert admin_client.post(LIST, data).status_code == 302
        assert set(ReservedName.objects.values_list("key", flat=True)) == {"one", "two"}

    def test_a_deleted_room_can_be_made_again(self, admin_client: Client) -> None:
        """Making a room of a reserved name gives the name back."""
        assert admin_client.post(page(make_room("VIP"), "delete"), {"post": "yes"}).status_code == 302
        assert send(admin_client, ADD, name="Vip").status_code == 302
        assert not ReservedName.objects.exists()

    def test_reserved_names_can_only_be_looked_at(self, admin_client: Client) -> None:
        """A reserved name is not made, changed or removed by hand: it is freed by making a room of that name."""
        make_room("VIP").delete()
        retired = ReservedName.objects.get()
        assert "vip" in admin_client.get(reverse("admin:rooms_reservedname_changelist")).content.decode()
        change = reverse("admin:rooms_reservedname_change", args=[retired.pk])
        assert admin_client.get(reverse("admin:rooms_reservedname_add")).status_code == 403
        assert admin_client.post(change, {"key": "other"}).status_code == 403
        delete = reverse("admin:rooms_reservedname_delete", args=[retired.pk])
        assert admin_client.post(delete, {"post": "yes"}).status_code == 403
        assert ReservedName.objects.exists()


def test_the_strict_policy_holds_in_the_admin_too(admin_client: Client) -> None:
    """The admin's pages are served under the site's Content-Security-Policy."""
    assert "default-src 'none'" in admin_client.get(LIST)["Content-Security-Policy"]
