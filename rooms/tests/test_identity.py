"""Who somebody is in a room."""

import unicodedata

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from rooms.identity import GUEST_COOKIE, identify, keep_guest_key, usable_name
from rooms.protocol import Person
from rtproject.websocket.asgi_types import Scope

KEY = "abcdefghijklmnop"
OTHER_KEY = "ABCDEFGHIJKLMNOP"
BAD_KEYS = ["", "short", "x" * 15, "x" * 65, KEY + "\n", KEY + " ", "ä" * 20, "a.b" * 10, KEY + "\0"]


def guest(key: str | None = None, cookie: str | None = None, room: str = "lobby", name: str = "") -> Person:
    """The guest that a connection with these belongs to."""
    query = {"name": name} | ({} if key is None else {"key": key})
    cookies = {} if cookie is None else {GUEST_COOKIE: cookie}
    return member({"cookies": cookies, "user": AnonymousUser()}, query, room)


def member(scope: Scope, query: dict[str, str], room: str = "lobby") -> Person:
    """The member that a connection with these belongs to."""
    return identify(scope, query, room)[0]


class TestIdentity:
    def test_one_key_is_one_member(self) -> None:
        """Connections with one key have one id, whatever name they give."""
        assert guest(KEY, name="Ada").id == guest(KEY, name="Bob").id

    def test_another_key_is_another_member(self) -> None:
        """Keys are compared with case."""
        assert guest(KEY).id != guest(OTHER_KEY).id

    def test_ids_differ_from_room_to_room(self) -> None:
        """Nobody can follow a member from one room into another."""
        assert guest(KEY, room="a").id != guest(KEY, room="b").id

    def test_a_rooms_name_is_compared_without_case(self) -> None:
        """A member is the same one, however the room's name was written."""
        assert guest(KEY, room="Lobby").id == guest(KEY, room="lOBBY").id

    def test_the_key_is_no_part_of_the_id(self) -> None:
        """An id is a hash of the site's own, so it tells nothing about the key."""
        person = guest(KEY, name="Ada")
        assert KEY not in repr(person)
        assert set(person.id) <= set("0123456789abcdef")

    def test_ids_belong_to_the_installation(self, settings: Settings) -> None:
        """Another secret key makes other ids: nobody can compute them from outside."""
        before = guest(KEY).id
        settings.SECRET_KEY = "another key that only the tests know"
        assert guest(KEY).id != before

    def test_without_a_key_each_connection_is_somebody_new(self) -> None:
        """Two connections without a key have two ids."""
        assert guest().id != guest().id

    def test_the_cookie_counts_like_the_query(self) -> None:
        """A page and a program with one key are one member."""
        assert guest(cookie=KEY).id == guest(KEY).id

    def test_the_query_beats_the_cookie(self) -> None:
        """With both, the key in the query counts."""
        assert guest(KEY, cookie=OTHER_KEY).id == guest(KEY).id

    @pytest.mark.parametrize("bad", BAD_KEYS)
    def test_a_bad_key_counts_as_absent(self, bad: str) -> None:
        """A malformed key makes nobody a member, and does not hide the cookie."""
        assert guest(bad).id != guest(bad).id
        assert guest(cookie=bad).id != guest(cookie=bad).id
        assert guest(bad, cookie=KEY).id == guest(KEY).id

    def test_a_user_beats_a_key(self) -> None:
        """A logged-in user is one member on every device, with the name of the account."""
        user = User(pk=7, username="ada")
        with_key = member({"user": user, "cookies": {GUEST_COOKIE: KEY}}, {"key": KEY, "name": "Bob"})
        assert with_key == member({"user": user}, {}) == Person(with_key.id, "ada", guest=False)
        assert with_key.id != guest(KEY).id

    def test_no_guest_key_reaches_a_users_id(self) -> None:
        """Neither a name nor a key makes a guest into the user of that number."""
        user = member({"user": User(pk=7, username="ada")}, {})
        pretender = member({}, {"key": "user:7", "name": "ada"})
        assert pretender.guest
        assert pretender.id != user.id

    def test_a_bare_scope_is_a_guest(self) -> None:
        """Without any middleware around it a connection belongs to a guest with a made-up name."""
        person = member({}, {})
        assert person.guest
        assert person.name.startswith("guest-")
        assert member({}, {}).name != person.name

    def test_a_guest_without_a_name_has_the_same_one_whenever_they_come(self) -> None:
        """In one room; nobody would know them again by another one after each reconnect."""
        assert guest(KEY).name == guest(KEY).name != guest(KEY, room="other").name
        assert guest(KEY).name.startswith("guest-")

    def test_who_has_a_key_or_an_account_can_come_back_as_the_same_member(self) -> None:
        """Nobody else can: their id is random."""
        user: Scope = {"user": User(pk=7, username="ada")}
        queries: tuple[dict[str, str], ...] = ({"key": KEY}, {"key": "short"}, {})
        assert [identify({}, query, "lobby")[1] for query in queries] == [True, False, False]
        assert identify({"cookies": {GUEST_COOKIE: KEY}}, {}, "lobby")[1]
        assert identify(user, {}, "lobby")[1]


GOOD_NAMES = {
    "Ada": "Ada",
    "  Ada \t": "Ada",
    "x" * 32: "x" * 32,
    " " + "x" * 32 + " ": "x" * 32,
    "Zoë 李 Ω": "Zoë 李 Ω",
    unicodedata.normalize("NFD", "Zoë"): "Zoë",
    "e\u0301" * 32: "é" * 32,  # counted after it is composed
    "🦊": "🦊",
    "<b>": "<b>",
}
BAD_NAMES = {
    "absent": None,
    "empty": "",
    "blank": " \t ",
    "too long": "x" * 33,
    "a line feed": "a\nb",
    "a NUL": "a\0b",
    "a delete": "a\x7fb",
    "a C1 control": "a\x85b",
    "right-to-left override": "a\u202eb",
    "right-to-left mark": "a\u200fb",
    "isolate": "a\u2067b",
    "zero width space": "a\u200bb",
    "line separator": "a\u2028b",
    "byte order mark": "\ufeffAda",
    "private use": "a\ue000b",
    "lone surrogate": "a\ud800b",
}


@pytest.mark.parametrize(("given", "shown"), GOOD_NAMES.items())
def test_a_usable_name_is_trimmed_and_composed(given: str, shown: str) -> None:
    """A guest's name is shown in NFC and without the space around it."""
    assert usable_name(given) == shown
    assert guest(name=given).name == shown


@pytest.mark.parametrize("bad", BAD_NAMES.values(), ids=BAD_NAMES.keys())
def test_an_unusable_name_is_replaced(bad: str | None) -> None:
    """A name that is empty, too long or not printable counts as absent."""
    assert usable_name(bad) is None
    assert member({}, {} if bad is None else {"name": bad}).name.startswith("guest-")


class TestGuestCookie:
    def kept(self, cookie: str | None = None, secure: bool = False) -> HttpResponse:
        """A response to a browser that has `cookie`."""
        request = RequestFactory().get("/", secure=secure)
        if cookie is not None:
            request.COOKIES[GUEST_COOKIE] = cookie
        response = HttpResponse()
        keep_guest_key(request, response)
        return response

    def test_a_browser_without_a_key_gets_one(self) -> None:
        """The key is usable, long lived, and no script and no foreign form can have it."""
        morsel = self.kept().cookies[GUEST_COOKIE]
        assert guest(cookie=morsel.value).id == guest(cookie=morsel.value).id
        assert (morsel["httponly"], morsel["samesite"], morsel["secure"]) == (True, "Lax", "")
        assert morsel["max-age"] == 365 * 86400

    def test_under_https_the_cookie_stays_there(self) -> None:
        """A key that was given over HTTPS is never sent without it."""
        assert self.kept(secure=True).cookies[GUEST_COOKIE]["secure"] is True

    def test_every_browser_gets_a_key_of_its_own(self) -> None:
        """Keys are random."""
        assert self.kept().cookies[GUEST_COOKIE].value != self.kept().cookies[GUEST_COOKIE].value

    def test_a_key_that_is_there_stays(self) -> None:
        """A browser that has a key is not given another."""
        assert not self.kept(KEY).cookies

    def test_a_bad_key_is_replaced(self) -> None:
        """A cookie that no key could be is set anew."""
        assert self.kept("short").cookies[GUEST_COOKIE].value != "short"
