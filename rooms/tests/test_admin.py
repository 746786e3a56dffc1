"""Rooms in the admin: the effects of its pages, their permissions, and their secrets."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from rooms import admin
from rooms.api import Unavailable
from rooms.history.reader import read_after
from rooms.identity import is_banned, member_id
from rooms.models import Ban, Disconnection, Message, ReservedName, Room
from rooms.tests.support import ADA, keeping_room, make_room, put_texts, read_again

pytestmark = pytest.mark.django_db

LIST, ADD = reverse("admin:rooms_room_changelist"), reverse("admin:rooms_room_add")
PASSWORDS = ["secret123", "other-secret"]


def address(room: Room, page: str = "change") -> str:
    """The address of one of a room's pages."""
    return reverse(f"admin:rooms_room_{page}", args=[room.pk])


def send(client: Client, page: str, **fields: Any) -> Any:
    """Send the form of a room, filled in with `fields`."""
    data = {"title": "", "history_size": 10, "member_limit": "", "new_password": "", "_save": "Save"}
    return client.post(page, data | fields)


def staff(*permissions: str, **options: Any) -> Client:
    """The browser of a new member of the staff with these permissions."""
    user = User.objects.create_user(f"staff {User.objects.count()}", password="x", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    client = Client(**options)
    client.force_login(user)
    return client


@pytest.fixture
def viewer() -> Client:
    """The browser of a member of the staff with the permission to view rooms alone."""
    return staff("view_room")


@pytest.fixture
def changer() -> Client:
    """The browser of a member of the staff with the permission to change rooms."""
    return staff("view_room", "change_room")


@pytest.fixture
def room() -> Room:
    """A guarded room with messages."""
    room = make_room(title="The VIPs")
    put_texts(read_again("VIP"), "private 1", "private 2", "private 3")
    return room


class TestPassword:
    def test_it_can_be_set_changed_and_removed(self, admin_client):
        assert send(admin_client, ADD, name="VIP", title="The VIPs").status_code == 302
        room = Room.objects.get()
        assert (room.name, room.title, room.guarded) == ("VIP", "The VIPs", False)
        for raw in PASSWORDS:
            assert send(admin_client, address(room), new_password=raw).status_code == 302
            room.refresh_from_db()
            assert room.check_password(raw)
        assert send(admin_client, address(room), remove_password="on").status_code == 302
        room.refresh_from_db()
        assert (room.guarded, room.password_version) == (False, 3)

    @pytest.mark.parametrize(
        "fields",
        [{"new_password": "secret123", "remove_password": "on"}, {"new_password": "secret\0"},
         {"new_password": "x" * 129}],
        ids=["both", "NUL", "too long"],
    )  # fmt: skip
    def test_an_invalid_form_changes_nothing(self, admin_client, room, fields):
        """It comes back without the password that was typed."""
        answer = send(admin_client, address(room), title="new", **fields)
        assert answer.status_code == 200
        assert answer.context["errors"]
        assert not any(raw in answer.content.decode() for raw in fields.values() if raw != "on")
        room.refresh_from_db()
        assert (room.title, room.check_password("secret123")) == ("The VIPs", True)

    def test_neither_passwords_nor_hashes_are_ever_shown(self, admin_client, viewer):
        """The history says that the password was changed, and does not show it either."""
        send(admin_client, ADD, name="VIP", new_password="secret123")
        room = Room.objects.get()
        first = room.password
        send(admin_client, address(room), new_password="other-secret")
        room.refresh_from_db()
        pages = [LIST, LIST + "?q=VIP", reverse("admin:index"), address(room), address(room, "history")]
        pages.append(address(room, "delete"))
        shown = "".join(
            client.get(page).content.decode() for client in (admin_client, viewer) for page in pages
        )
        shown += "".join(f"{entry.change_message} {entry}" for entry in LogEntry.objects.all())
        assert "VIP" in shown
        assert "Changed New password." in shown
        assert not any(secret in shown for secret in (*PASSWORDS, first, room.password, room.password[-16:]))
        assert 'type="password"' not in viewer.get(address(room)).content.decode()


class TestLookups:
    @pytest.mark.parametrize(
        "lookup",
        ["password", "password__startswith", "password_version", "sequence__pk__password__startswith",
         "sequence__pk__messages__text__contains", "messages__text__contains", "sequence__room__password",
         "disconnections__member", "pk__password", "name__regex"],
    )  # fmt: skip
    def test_neither_hashes_nor_messages_can_be_found_letter_by_letter(
        self, room, viewer, admin_client, lookup
    ):
        for client in (viewer, admin_client):
            assert client.get(LIST, {lookup: "p"}).status_code == 400

    @pytest.mark.parametrize("model", ["message", "ban"])
    def test_nor_through_what_belongs_to_a_room(self, room, admin_client, model):
        page = reverse(f"admin:rooms_{model}_changelist")
        for lookup in ("room__password", "room__pk__password__startswith", "room__sequence__pk__password"):
            assert admin_client.get(page, {lookup: "p"}).status_code == 400

    @pytest.mark.parametrize(
        "query", ["_to_field=password", "_popup=1&_to_field=password", "_to_field=sequence"]
    )
    def test_no_field_stands_for_the_primary_key(self, room, viewer, query):
        for path in (LIST, address(room)):
            assert viewer.get(f"{path}?{query}").status_code == 400

    def test_the_list_can_be_filtered_by_its_columns(self, admin_client):
        make_room("VIP", closed=True)
        make_room("lobby")
        answer = admin_client.get(LIST, {"closed__exact": "1"})
        assert answer.context["cl"].result_count == 1
        assert "default-src 'none'" in answer["Content-Security-Policy"]  # in the admin, too


def test_the_list_speaks_in_words(admin_client):
    """A room that is open is no error, and the pages are the site's own."""
    make_room("lobby", None)
    page = admin_client.get(LIST).content.decode()
    assert '<td class="field-is_guarded">none</td>' in page
    assert '<td class="field-state">open</td>' in page
    assert "icon-no" not in page
    assert "rtproject/admin.css" in page
    assert "Django administration" not in page
    assert "/ws/NAME" in admin_client.get(ADD).content.decode()  # a browser hides what is in angle brackets


class TestName:
    def test_it_never_changes_and_is_taken_in_any_case(self, admin_client):
        room = make_room("VIP")
        assert "name" not in admin_client.get(address(room)).context["adminform"].form.fields
        assert send(admin_client, address(room), name="other").status_code == 302
        assert "A room with this name exists." in send(admin_client, ADD, name="vip").content.decode()
        assert Room.objects.get().name == "VIP"

    def test_the_name_of_a_deleted_room_is_reserved_until_it_is_made_again(self, admin_client):
        """A reserved name can only be viewed."""
        rooms = [make_room("one"), make_room("two")]
        data = {"action": "delete_selected", "_selected_action": [room.pk for room in rooms], "post": "yes"}
        assert admin_client.post(LIST, data).status_code == 302
        assert set(ReservedName.objects.values_list("key", flat=True)) == {"one", "two"}
        assert send(admin_client, ADD, name="ONE").status_code == 302
        two = ReservedName.objects.get()
        assert "two" in admin_client.get(reverse("admin:rooms_reservedname_changelist")).content.decode()
        for name, args in (("add", []), ("change", [two.pk]), ("delete", [two.pk])):
            page = reverse(f"admin:rooms_reservedname_{name}", args=args)
            assert admin_client.post(page, {"key": "other", "post": "yes"}).status_code == 403
        assert ReservedName.objects.get() == two


def test_the_delete_page_counts_messages_and_shows_none(room, admin_client):
    page = admin_client.get(address(room, "delete")).content.decode()
    assert "The VIPs" in page
    assert "private" not in page
    assert "essages: 3" in page


@pytest.mark.django_db(transaction=True)
class TestMessages:
    @pytest.fixture
    def page(self) -> str:
        """The list of messages, of which there are six."""
        for name in ("VIP", "lobby"):
            put_texts(keeping_room(name), "one", "two", "three")
        return reverse("admin:rooms_message_changelist")

    def test_they_are_found_by_text_author_and_room(self, page):
        moderator = staff("view_message")
        room = Room.objects.get(name="lobby").pk
        for query, count in ((f"?room={room}", 3), ("?q=thre", 2), ("?q=ada", 6), (f"?room={room}&q=TWO", 1)):
            assert moderator.get(page + query).context["cl"].result_count == count, query
        assert "delete_selected" not in moderator.get(page).content.decode()

    def test_they_are_deleted_as_members_see_it(self, page):
        """One from its page and others from the list: numbers and rows stay, and the log has no text."""
        moderator = staff("view_message", "delete_message")
        one, two = Message.objects.filter(room__name="lobby").order_by("seq")[:2]
        moderator.post(reverse("admin:rooms_message_delete", args=[one.pk]), {"post": "yes"})
        chosen = {"action": "delete_selected", "_selected_action": [one.pk, two.pk], "post": "yes"}
        assert moderator.post(page, chosen).status_code == 302
        rows = read_after(one.room_id, 0, 9).rows
        assert [(row.seq, row.text, row.target) for row in rows] == [
            (1, "", None), (2, "", None), (3, "three", None), (4, "", 1), (5, "", 2)
        ]  # fmt: skip
        assert {entry.object_repr for entry in LogEntry.objects.all()} == {str(one), str(two)}
        assert "deleted" in moderator.get(page).content.decode()

    def test_nothing_is_deleted_while_the_store_is_out_of_reach(self, page, monkeypatch):
        def fail(room: str, seq: int) -> int:
            raise Unavailable

        monkeypatch.setattr(admin, "delete_message", fail)
        moderator = staff("view_message", "delete_message", raise_request_exception=False)
        chosen = {
            "action": "delete_selected",
            "_selected_action": [Message.objects.all()[0].pk],
            "post": "yes",
        }
        assert moderator.post(page, chosen).status_code == 503


POSTS: dict[str, dict[str, Any]] = {
    "everybody": {"everybody": ""},
    "selected": {"selected": "", "member": ["m"]},
    "notice": {"notice": "", "text": "hello"},
    "nothing": {},
}


class TestPermissions:
    def test_a_viewer_changes_nothing(self, viewer, room):
        for page in (ADD, address(room), address(room, "delete")):
            assert send(viewer, page, name="VIP2", remove_password="on", post="yes").status_code == 403
        for action in ("disconnect_everybody", "delete_selected"):
            assert action not in viewer.get(LIST).content.decode()
            viewer.post(LIST, {"action": action, "_selected_action": [room.pk], "post": "yes"})
        assert Room.objects.get().password == room.password
        assert not Disconnection.objects.exists()

    @pytest.mark.parametrize("fields", POSTS.values(), ids=POSTS.keys())
    @pytest.mark.parametrize("permissions", [[], ["view_room"], ["delete_room", "add_room"]])
    def test_the_members_page_needs_the_permission_to_change(self, room, permissions, fields):
        client = staff(*permissions)
        assert client.get(address(room, "members")).status_code == 403
        assert client.post(address(room, "members"), fields).status_code == 403
        assert not Disconnection.objects.exists()
        assert not LogEntry.objects.exists()

    def test_so_do_the_link_to_it_and_the_history(self, room, viewer, changer):
        link = f'href="{address(room, "members")}"'
        for client, allowed in ((viewer, False), (changer, True)):
            assert (link in client.get(address(room)).content.decode()) is allowed
            assert client.get(address(room, "history")).status_code == (200 if allowed else 403)

    @pytest.mark.parametrize("fields", POSTS.values(), ids=POSTS.keys())
    def test_strangers_and_forms_of_other_sites_are_refused(self, client, room, fields):
        """Return whether there is such a room or not."""
        for pk in (room.pk, room.pk + 1):
            answer = client.post(reverse("admin:rooms_room_members", args=[pk]), fields)
            assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, reverse("admin:login"))
        foreign = staff("view_room", "change_room", enforce_csrf_checks=True)
        assert foreign.post(address(room, "members"), fields).status_code == 403
        assert not Disconnection.objects.exists()


class TestMembersPage:
    @pytest.mark.parametrize("text", ["", "  ", "x" * 501, "a\0b"])
    def test_an_invalid_notice_comes_back_unsent(self, room, changer, text):
        answer = changer.post(address(room, "members"), {"notice": "", "text": text})
        assert answer.status_code == 200
        assert answer.context["form"].errors
        assert not LogEntry.objects.exists()

    def test_an_id_that_is_not_inside_disconnects_no_one(self, room, changer):
        fields = {"selected": "", "member": ["", "x", "\0"]}
        assert changer.post(address(room, "members"), fields).status_code == 302
        assert not Disconnection.objects.exists()

    @pytest.mark.parametrize("pk", [0, 10**9, 10**30])
    def test_a_room_that_does_not_exist_has_none(self, admin_client, pk):
        assert admin_client.get(reverse("admin:rooms_room_members", args=[pk])).status_code == 404


class TestBans:
    def test_a_user_or_a_token_is_banned_by_name(self, admin_client):
        """No one else has a name of its own."""
        user = User.objects.create_user("ada")
        add = reverse("admin:rooms_ban_add")
        for name in ("ada", "token:u-17", "nobody"):
            admin_client.post(add, {"name": name, "room": "", "reason": "", "until_0": "", "until_1": ""})
        members = dict(Ban.objects.values_list("name", "member"))
        assert members == {"ada": member_id("", f"user:{user.pk}"), "token:u-17": member_id("", "token:u-17")}

    def test_a_member_is_banned_by_the_link_from_a_room_or_a_message(self, admin_client, room):
        """Also one who has left: the name is the last one, whatever the form says. The page says what it cannot do."""
        link = f"{reverse('admin:rooms_ban_add')}?room={room.pk}&whom=vip:{'a' * 24}"
        message = Message.objects.all()[0]
        page = admin_client.get(reverse("admin:rooms_message_change", args=[message.pk])).content.decode()
        assert link.replace("&", "&amp;") in page
        page = admin_client.get(link).content.decode()
        assert 'value="Ada"' in page
        assert "come back as somebody else" in page
        fields = {"whom": f"vip:{'a' * 24}", "name": "Eve", "room": room.pk, "reason": "spam"}
        end = {"until_0": "2099-01-01", "until_1": "12:00"}
        assert admin_client.post(reverse("admin:rooms_ban_add"), fields | end).status_code == 302
        ban = Ban.objects.get(until__year=2099)
        assert (ban.name, ban.origin, ban.member, ban.reason) == ("Ada", "vip", "a" * 24, "spam")
        assert is_banned(read_again("VIP"), ADA, None)
        assert LogEntry.objects.get().object_repr == "Ada"

    @pytest.mark.parametrize("whom", ["vip:" + "b" * 24, "gone:" + "a" * 24, "vip:", "a\0:b"])
    def test_no_member_of_whom_nothing_is_known_is_banned(self, admin_client, room, whom):
        fields = {"whom": whom, "name": "Eve", "room": "", "reason": "", "until_0": "", "until_1": ""}
        assert admin_client.post(reverse("admin:rooms_ban_add"), fields).context["errors"]
        assert not Ban.objects.exists()

    def test_it_takes_a_permission_of_its_own(self, changer, room):
        """To change rooms is not enough."""
        page = address(room, "members")
        assert changer.get(page).status_code == 200
        assert changer.get(reverse("admin:rooms_ban_add")).status_code == 403
