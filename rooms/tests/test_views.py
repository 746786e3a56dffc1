"""The pages without JavaScript, and the data that the list of rooms loads."""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, User
from django.test import Client

from rooms import listing
from rooms.access import attempts, rules
from rooms.access.attempts import PasswordAttempt
from rooms.identity import GUEST_COOKIE
from rooms.listing import RoomList
from rooms.models import Room
from rooms.tests.support import entered, make_room, set_password
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.throttling.rates import Rate
from rtproject.websocket.throttling.shared import SharedWindow

pytestmark = pytest.mark.django_db
other_threads = pytest.mark.django_db(transaction=True)  # which read the list

LIVE = "/rooms/.live"


def asks(answer: Any) -> bool:
    """Return whether the page asks for a password, and then shows nothing of the room."""
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'id="password-form"' in page  # a room may ask again when its password changes
    assert ("rooms/gate.js" in page) != ("rooms/room.js" in page)
    assert ("rooms/gate.js" in page) != ('id="say-form"' in page)
    return "rooms/gate.js" in page


def enter(client: Client, password: str, room: str = "VIP", accept: str = "text/html") -> Any:
    """Send the password that the page asks for."""
    return client.post(f"/rooms/{room}/", {"password": password}, headers={"accept": accept})


def refused(client: Client, password: str) -> Any:
    """The answer to a script that sends the password."""
    answer = enter(client, password, accept="application/json")
    assert "no-store" in answer["Cache-Control"]
    return answer.json()


class TestRoom:
    def test_an_open_room_asks_for_no_password(self, client):
        """Listed or not; one that is sent all the same is ignored."""
        make_room("lobby", None)
        assert not asks(client.get("/rooms/lobby/"))
        assert not asks(client.get("/rooms/elsewhere/"))
        assert enter(client, "anything", "lobby").status_code == 302

    def test_a_guarded_room_asks_for_its_password(self, client):
        """A password in the address is ignored; a visitor without one gets no session."""
        make_room("VIP")
        assert asks(client.get("/rooms/VIP/"))
        assert asks(client.get("/rooms/vip/", {"pass": "secret123", "password": "secret123"}))
        assert "sessionid" not in client.cookies

    @pytest.mark.parametrize("name", ["a%20b", "x" * 65, "%C3%A4", "a%0A", "a%00", "..%2Fa", "vip", "VIP"])
    def test_a_bad_name_or_a_deleted_room_is_not_found(self, client, name):
        make_room("VIP").delete()
        assert client.get(f"/rooms/{name}/").status_code == 404

    def test_a_user_has_the_name_of_the_account(self, client):
        client.force_login(User.objects.create_user("ada"))
        page = client.get("/rooms/lobby/").content.decode()
        assert '<bdi id="your-name">ada</bdi>' in page
        assert 'id="name-form"' not in page

    def test_a_guest_gets_a_key_with_the_first_page(self, client):
        morsel = client.get("/rooms/lobby/").cookies[GUEST_COOKIE]
        assert (morsel["httponly"], morsel["samesite"]) == (True, "Lax")
        again = client.get("/rooms/lobby/")
        assert GUEST_COOKIE not in again.cookies
        assert "no-store" in again["Cache-Control"]


class TestPassword:
    @pytest.fixture(autouse=True)
    def room(self) -> Room:
        """A guarded room."""
        return make_room("VIP")

    @pytest.mark.parametrize("wrong", ["wr0ng", "Secret123", "secret123 ", "secret123\0", "", "x" * 200])
    def test_a_wrong_one_is_one_error(self, client, wrong):
        """The page asks again, and does not repeat what was typed."""
        answer = enter(client, wrong)
        assert asks(answer)
        assert answer.content.decode().count('<ul class="errorlist"') == 1
        assert "rooms.admissions" not in client.session
        assert not wrong.strip() or wrong not in answer.content.decode()
        assert asks(client.get("/rooms/VIP/"))

    def test_the_right_one_opens_this_room_alone(self, client):
        make_room("other")
        answer = enter(client, "secret123", "vip")
        assert (answer.status_code, answer["Location"]) == (302, "/rooms/vip/")
        assert not asks(client.get("/rooms/VIP/"))
        assert asks(client.get("/rooms/other/"))

    def test_a_script_gets_the_close_code_of_the_refusal(self, client):
        answers = [refused(client, password) for password in ("wrong", "", "secret123")]
        assert answers == [{"refused": 4003}, {"refused": 4003}, {"refused": None}]
        assert not asks(client.get("/rooms/VIP/"))

    def test_the_session_gets_a_new_key_and_no_password(self, client, room):
        """A session that was planted before is worth nothing after."""
        client.force_login(User.objects.create_user("ada"))
        before = client.session.session_key
        enter(client, "secret123")
        assert client.session.session_key != before
        stored = repr(dict(client.session.items()))
        assert "secret123" not in stored
        assert room.password not in stored
        assert client.get("/rooms/VIP/").context["user"].username == "ada"

    def test_a_new_password_ends_the_admission(self, client):
        enter(client, "secret123")
        set_password("other")
        assert asks(client.get("/rooms/VIP/"))
        enter(client, "other")
        assert not asks(client.get("/rooms/VIP/"))

    def test_after_too_many_wrong_ones_not_even_the_right_one_is_taken(self, client, monkeypatch):
        """By this room; others are not concerned."""
        monkeypatch.setattr(attempts, "wrong_passwords", SharedWindow("tests", Rate(2, 60.0), [], "tests"))
        make_room("other")
        for _ in range(2):
            assert "not the password" in enter(client, "wrong").content.decode()
        answer = enter(client, "secret123")
        assert asks(answer)
        assert "Too many wrong passwords" in answer.content.decode()
        assert refused(client, "secret123") == {"refused": 4101, "wait": 60.0}
        assert enter(client, "secret123", "other").status_code == 302

    def test_one_that_no_worker_has_time_for_is_unavailable(self, client, monkeypatch):
        """The visitor sent no wrong ones, and need not wait a minute."""

        async def no_turn(attempt: PasswordAttempt) -> CloseCode:
            return CloseCode.RATE_LIMITED

        monkeypatch.setattr(PasswordAttempt, "check", no_turn)
        assert refused(client, "secret123") == {"refused": 4103}

    def test_forms_of_other_sites_and_error_reports_do_without_it(self, client):
        assert enter(Client(enforce_csrf_checks=True), "secret123").status_code == 403
        assert enter(client, "wrong").wsgi_request.sensitive_post_parameters == ("password",)


@other_threads
class TestGroups:
    def test_only_members_of_its_groups_see_the_page_of_a_room(self, client):
        """For all others there is no password to try either."""
        room, team = make_room("VIP"), Group.objects.create(name="team")
        room.groups.add(team)
        ada = User.objects.create_user("ada")
        for _ in range(2):  # as a guest, then as a user
            assert client.get("/rooms/VIP/").status_code == enter(client, "secret123").status_code == 403
            client.force_login(ada)
        ada.groups.add(team)
        assert asks(client.get("/rooms/VIP/"))
        assert enter(client, "secret123").status_code == 302
        ada.groups.clear()
        assert client.get("/rooms/VIP/").status_code == 403

    def test_the_list_names_only_what_its_reader_may_enter(self, client, settings):
        """A room that needs but a password is named."""
        settings.ROOMS_ACCESS = "rooms.tests.access.own_rules.Rules"
        room, team = make_room("VIP"), Group.objects.create(name="team")
        room.groups.add(team)
        for name in ("nobodys", "lobby", "guarded"):
            make_room(name, "secret123" if name == "guarded" else None)
        seen = client.get(LIVE).json()
        assert ({entry["name"] for entry in seen["rooms"]}, seen["more"]) == ({"lobby", "guarded"}, 0)
        ada = User.objects.create_user("ada")
        ada.groups.add(team)
        client.force_login(ada)
        assert 'href="/rooms/VIP/"' in client.get("/rooms/").content.decode()
        assert "nobodys" not in client.get("/rooms/").content.decode()

    def test_without_an_answer_of_own_rules_the_page_waits(self, client, settings, monkeypatch):
        settings.ROOMS_ACCESS = "rooms.tests.access.own_rules.Rules"

        async def no_answer(*_: Any) -> None:
            return None

        monkeypatch.setattr(rules, "ask_rules", no_answer)
        client.raise_request_exception = False
        assert client.get("/rooms/elsewhere/").status_code == 503


@other_threads
class TestList:
    def test_it_shows_the_listed_rooms(self, client):
        assert '<p id="no-rooms">' in client.get("/rooms/").content.decode()
        make_room("VIP", title="The <b>VIPs</b>", closed=True)
        make_room("lobby", None)
        page = client.get("/rooms/").content.decode()
        assert 'href="/rooms/VIP/"' in page
        assert 'href="/rooms/lobby/"' in page
        assert "The &lt;b&gt;VIPs&lt;/b&gt;" in page
        assert page.count('<span class="tag closed">') == 1
        assert page.count('<span class="guarded">') == 1

    def test_it_says_how_many_rooms_it_does_not_show(self, client, monkeypatch):
        monkeypatch.setattr(listing, "MAX_LISTED", 1)
        for name, text in (("one", 'id="more" hidden>'), ("two", '<span id="more-count">1</span>')):
            make_room(name)
            assert text in client.get("/rooms/").content.decode()

    @pytest.mark.parametrize("name", ["a b", "../admin", "//elsewhere.test", "x" * 65, "ä", "\0", "<b>"])
    def test_only_a_valid_name_leads_to_its_room(self, client, name):
        answer = client.get("/rooms/", {"name": " elsewhere "})
        assert (answer.status_code, answer["Location"]) == (302, "/rooms/elsewhere/")
        page = client.get("/rooms/", {"name": name}).content.decode()
        assert "No room can have this name." in page
        assert "<b>" not in page

    def test_without_the_store_rooms_can_still_be_entered_by_name(self, client, monkeypatch):
        async def no_list() -> RoomList:
            return RoomList()

        monkeypatch.setattr(listing, "current_room_list", no_list)
        answer = client.get("/rooms/")
        page = answer.content.decode()
        assert answer.status_code == 503
        assert "The list of rooms cannot be read right now." in page
        assert 'id="no-rooms" hidden' in page
        assert 'id="open-form"' in page
        assert (client.get(LIVE).status_code, client.get(LIVE).content) == (204, b"")


@other_threads
class TestLiveList:
    async def test_it_has_what_a_stranger_may_know(self, async_client):
        room = await sync_to_async(make_room)("VIP", title="The VIPs")
        async with entered("VIP", name="Somebody", **{"pass": "secret123"}):
            answer = await async_client.get(LIVE)
        assert answer.json()["rooms"] == [
            {"name": "VIP", "title": "The VIPs", "guarded": True, "closed": False, "keeps": True,
             "last_at": None, "members": 1, "seq": 0, "last_by": "", "last_text": ""}
        ]  # fmt: skip
        text = answer.content.decode()
        assert not any(secret in text for secret in ("Somebody", "secret123", room.password))

    def test_it_is_sent_again_only_if_it_has_changed(self, client, admin_client):
        """It is the same for everybody, so any cache may compare it."""
        make_room("lobby", None)
        first, for_admin = client.get(LIVE), admin_client.get(LIVE)
        assert (first.status_code, first["Cache-Control"]) == (200, "no-cache")
        assert first.content == for_admin.content
        assert "Cookie" not in for_admin.headers.get("Vary", "")
        assert not first.cookies
        again = client.get(LIVE, headers={"if-none-match": first["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        make_room("another", None)
        changed = client.get(LIVE, headers={"if-none-match": first["ETag"]})
        assert [room["name"] for room in json.loads(changed.content)["rooms"]] == ["another", "lobby"]


def test_only_staff_with_the_right_to_it_get_the_means_to_delete_any_message(client):
    staff = User.objects.create_user("ada", is_staff=True)
    for user, is_there in ((staff, False), (User.objects.create_superuser("bo"), True)):
        client.force_login(user)
        assert (b"data-moderates" in client.get("/rooms/lobby/").content) is is_there
