"""The pages, as a browser without JavaScript gets them."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from rooms.access import attempts
from rooms.access.attempts import PasswordAttempt
from rooms.identity import GUEST_COOKIE
from rooms.models import Room
from rooms.tests.support import make_room
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.throttling.rates import Rate
from rtproject.websocket.throttling.shared import SharedWindow

pytestmark = pytest.mark.django_db


def asks(answer: Any) -> bool:
    """Whether the page asks for a password, and then shows nothing of the room."""
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'id="password-form"' in page  # a room that one is in may ask as well, when its password changes
    assert ("rooms/gate.js" in page) != ("rooms/room.js" in page)
    assert ("rooms/gate.js" in page) != ('id="say-form"' in page)
    return "rooms/gate.js" in page


def enter(client: Client, password: str, room: str = "VIP") -> Any:
    """Sends the password that the page asks for."""
    return client.post(f"/rooms/{room}/", {"password": password})


class TestRoom:
    def test_an_open_room_asks_for_nothing(self, client: Client) -> None:
        """Listed or not, an open room is there to talk in."""
        make_room("lobby", None)
        assert not asks(client.get("/rooms/lobby/"))
        assert not asks(client.get("/rooms/elsewhere/"))

    def test_a_guarded_room_asks_for_its_password(self, client: Client) -> None:
        """In any case of the name, and without a session of its own for who only looks."""
        make_room("VIP")
        assert asks(client.get("/rooms/VIP/"))
        assert asks(client.get("/rooms/vip/"))
        assert "sessionid" not in client.cookies

    def test_pass_in_the_address_is_no_password(self, client: Client) -> None:
        """A page's address is kept and shared, so no password is taken from it."""
        make_room("VIP")
        assert asks(client.get("/rooms/VIP/", {"pass": "secret123", "password": "secret123"}))

    @pytest.mark.parametrize("name", ["a%20b", "a.b", "x" * 65, "%C3%A4", "a%0A", "a%00", "..%2Fa"])
    def test_a_bad_name_is_not_found(self, client: Client, name: str) -> None:
        """What no room can be called has no page."""
        assert client.get(f"/rooms/{name}/").status_code == 404

    def test_a_deleted_room_is_not_found(self, client: Client) -> None:
        """Its page is gone until a room of that name is made again."""
        make_room("VIP").delete()
        assert client.get("/rooms/vip/").status_code == 404
        make_room("vip", None)
        assert not asks(client.get("/rooms/VIP/"))

    def test_without_unlisted_rooms_only_listed_ones_have_pages(
        self, client: Client, settings: Settings
    ) -> None:
        """ROOMS_ALLOW_UNLISTED holds for pages too."""
        settings.ROOMS_ALLOW_UNLISTED = False
        make_room("lobby", None)
        assert client.get("/rooms/elsewhere/").status_code == 404
        assert not asks(client.get("/rooms/lobby/"))

    def test_a_user_is_shown_by_the_accounts_name(self, client: Client) -> None:
        """Who is logged in cannot choose another name."""
        client.force_login(User.objects.create_user("ada"))
        page = client.get("/rooms/lobby/").content.decode()
        assert '<bdi id="your-name">ada</bdi>' in page
        assert 'id="name-form"' not in page

    def test_a_guest_gets_a_key(self, client: Client) -> None:
        """The first page sets the cookie, and later ones leave it alone."""
        morsel = client.get("/rooms/lobby/").cookies[GUEST_COOKIE]
        assert (morsel["httponly"], morsel["samesite"]) == (True, "Lax")
        assert GUEST_COOKIE not in client.get("/rooms/lobby/").cookies

    def test_nothing_of_it_is_kept_on_the_way(self, client: Client) -> None:
        """No cache may keep a page that depends on who asks."""
        assert "no-store" in client.get("/rooms/VIP/")["Cache-Control"]


class TestPassword:
    @pytest.fixture(autouse=True)
    def room(self) -> Room:
        """The room that is asked about."""
        return make_room("VIP")

    @pytest.mark.parametrize("wrong", ["wr0ng", "Secret123", "secret123 ", "secret123\0", "", "x" * 200])
    def test_a_wrong_one_is_one_error(self, client: Client, wrong: str) -> None:
        """The page asks again, says why once, and does not repeat what was typed."""
        answer = enter(client, wrong)
        assert asks(answer)
        assert answer.content.decode().count('<ul class="errorlist"') == 1
        assert "rooms.admissions" not in client.session
        assert not wrong.strip() or wrong not in answer.content.decode()
        assert asks(client.get("/rooms/VIP/"))

    def test_the_right_one_lets_in(self, client: Client) -> None:
        """The browser is led back to the page, which asks no more; another room still does."""
        make_room("other")
        answer = enter(client, "secret123", "vip")
        assert (answer.status_code, answer["Location"]) == (302, "/rooms/vip/")
        assert not asks(client.get("/rooms/VIP/"))
        assert asks(client.get("/rooms/other/"))

    def test_a_script_is_answered_by_code(self, client: Client) -> None:
        """Who prefers JSON gets the close code of the refusal, or null, and then is let in."""
        answers = [
            client.post("/rooms/VIP/", {"password": password}, headers={"accept": "application/json"})
            for password in ("wrong", "", "secret123")
        ]
        assert [answer.json() for answer in answers] == [
            {"refused": 4003},
            {"refused": 4003},
            {"refused": None},
        ]
        assert all("no-store" in answer["Cache-Control"] for answer in answers)
        assert not asks(client.get("/rooms/VIP/"))

    def test_the_session_gets_a_new_key_and_learns_no_password(self, client: Client, room: Room) -> None:
        """A session that somebody planted before is worth nothing after."""
        client.force_login(User.objects.create_user("ada"))
        before = client.session.session_key
        enter(client, "secret123")
        assert client.session.session_key != before
        stored = repr(dict(client.session.items()))
        assert "secret123" not in stored
        assert room.password not in stored
        assert client.get("/rooms/VIP/").context["user"].username == "ada"

    def test_a_change_of_the_password_ends_it(self, client: Client, room: Room) -> None:
        """Who was let in by an old password is asked for the new one."""
        enter(client, "secret123")
        room.set_password("other")
        room.save()
        assert asks(client.get("/rooms/VIP/"))
        enter(client, "other")
        assert not asks(client.get("/rooms/VIP/"))

    def test_too_many_wrong_ones_are_limited(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        """After that not even the right one is taken, but a room elsewhere is open as before."""
        monkeypatch.setattr(attempts, "wrong_passwords", SharedWindow("tests", Rate(2, 60.0), []))
        make_room("other")
        for _ in range(2):
            assert "not the password" in enter(client, "wrong").content.decode()
        answer = enter(client, "secret123")
        assert asks(answer)
        assert "Too many wrong passwords" in answer.content.decode()
        told = client.post("/rooms/VIP/", {"password": "secret123"}, headers={"accept": "application/json"})
        assert told.json() == {"refused": 4101, "wait": 60.0}
        assert enter(client, "secret123", "other").status_code == 302

    def test_who_gets_no_turn_is_told_to_try_again_in_a_moment(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is not their wrong passwords, and nothing to wait a minute for."""

        async def no_turn(attempt: PasswordAttempt) -> CloseCode:
            return CloseCode.RATE_LIMITED

        monkeypatch.setattr(PasswordAttempt, "check", no_turn)
        told = client.post("/rooms/VIP/", {"password": "secret123"}, headers={"accept": "application/json"})
        assert told.json() == {"refused": 4103}

    def test_a_foreign_form_is_not_taken(self) -> None:
        """Without the token of our own page a form is refused."""
        assert enter(Client(enforce_csrf_checks=True), "secret123").status_code == 403

    def test_an_error_report_leaves_it_out(self, client: Client) -> None:
        """Django is told that the field is a secret, also where something goes wrong."""
        assert enter(client, "guess").wsgi_request.sensitive_post_parameters == ("password",)

    def test_an_open_room_takes_any(self, client: Client) -> None:
        """A password that is sent to an open room is not even looked at."""
        make_room("lobby", None)
        assert enter(client, "anything", "lobby").status_code == 302
        assert not asks(client.get("/rooms/lobby/"))
