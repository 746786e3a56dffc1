"""The identity of a member in a room."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory

from rooms import identity
from rooms.identity import GUEST_COOKIE, identify, keep_guest_key
from rooms.models import IdentityKey
from rooms.protocol import Person
from rooms.receivers import make_identity_key
from rtproject.websocket.asgi_types import Scope

KEY = "abcdefghijklmnop"
OTHER_KEY = "ABCDEFGHIJKLMNOP"
BAD_KEYS = ["", "short", "x" * 15, "x" * 65, KEY + "\n", KEY + " ", "ä" * 20, "a.b" * 10, KEY + "\0"]
ADA: Scope = {"user": User(pk=7, username="ada")}


def guest(key: str | None = None, cookie: str | None = None, room: str = "lobby", name: str = "") -> Person:
    """The guest that a connection with these belongs to."""
    query = {"name": name} | ({} if key is None else {"key": key})
    cookies = {} if cookie is None else {GUEST_COOKIE: cookie}
    return identify({"cookies": cookies, "user": AnonymousUser()}, query, room)[0]


class TestId:
    def test_a_key_is_one_member_under_any_name(self):
        assert guest(KEY, name="Ada").id == guest(KEY, name="Bob").id != guest(OTHER_KEY).id

    def test_a_member_has_another_id_in_each_room(self):
        """Whose name is compared without case."""
        assert guest(KEY, room="Lobby").id == guest(KEY, room="lOBBY").id != guest(KEY, room="b").id

    def test_the_key_cannot_be_learned_or_computed_from_outside(self, monkeypatch):
        person = guest(KEY)
        assert KEY not in repr(person)
        assert set(person.id) <= set("0123456789abcdef")
        monkeypatch.setattr(identity, "identity_key", lambda: "of another site")
        assert guest(KEY).id != person.id

    def test_the_key_is_taken_from_the_query_or_else_from_the_cookie(self):
        assert guest(cookie=KEY).id == guest(KEY, cookie=OTHER_KEY).id == guest(KEY).id

    @pytest.mark.parametrize("bad", [None, *BAD_KEYS])
    def test_without_a_valid_key_each_connection_is_a_new_member(self, bad):
        assert guest(bad).id != guest(bad).id
        assert guest(cookie=bad).id != guest(cookie=bad).id
        assert guest(bad, cookie=KEY).id == guest(KEY).id

    def test_a_user_is_one_member_on_every_device(self):
        scope = ADA | {"cookies": {GUEST_COOKIE: KEY}}
        ada = identify(scope, {"key": KEY, "name": "Bob"}, "lobby")[0]
        assert ada == identify(ADA, {}, "lobby")[0] == Person(ada.id, "ada", guest=False)
        assert ada.id not in {guest(KEY).id, guest("user:7").id}

    def test_only_a_user_or_a_guest_with_a_key_can_come_back(self):
        queries: tuple[dict[str, str], ...] = ({"key": KEY}, {"key": "short"}, {})
        assert [identify({}, query, "lobby")[1] for query in queries] == [True, False, False]
        assert identify({"cookies": {GUEST_COOKIE: KEY}}, {}, "lobby")[1]
        assert identify(ADA, {}, "lobby")[1]


WHO = "from rooms.identity import identify; print(identify({}, {'key': 'k' * 16}, 'lobby')[0].id)"


def test_a_new_secret_key_changes_no_id(new_site):
    site = new_site()
    before = site.execute(WHO)
    site.environment["SECRET_KEY"] = "a new one"
    assert site.execute(WHO) == before


def test_the_store_has_one_key_from_the_first_migration_on(transactional_db):
    """Migrating again, or in several processes, makes no other."""
    (first,) = IdentityKey.objects.all()
    assert len(first.value) == 64
    migrated()
    assert IdentityKey.objects.get().value == first.value
    IdentityKey.objects.all().delete()
    with ThreadPoolExecutor(4) as processes:
        list(processes.map(lambda _: migrated(), range(4)))
    assert IdentityKey.objects.get().value != first.value


def migrated() -> None:
    """Send what `migrate` sends at its end."""
    make_identity_key(using="default")
    connection.close()


def test_the_name_of_a_guest_is_its_own_or_belongs_to_the_member():
    assert guest(KEY, name=" Ada ").name == "Ada"
    name = guest(KEY, name="a\nb").name
    assert name.startswith("guest-")
    assert name == guest(KEY).name != guest(KEY, room="other").name


class TestGuestCookie:
    def kept(self, cookie: str | None = None, secure: bool = False) -> HttpResponse:
        """A response to a browser that has `cookie`."""
        request = RequestFactory().get("/", secure=secure)
        if cookie is not None:
            request.COOKIES[GUEST_COOKIE] = cookie
        response = HttpResponse()
        keep_guest_key(request, response)
        return response

    @pytest.mark.parametrize("cookie", [None, "short"])
    def test_a_browser_without_a_valid_key_gets_one(self, cookie):
        """No script and no form of another site can have it."""
        morsel, other = (self.kept(cookie).cookies[GUEST_COOKIE] for _ in range(2))
        assert guest(cookie=morsel.value).id == guest(cookie=morsel.value).id != guest(cookie=other.value).id
        assert (morsel["httponly"], morsel["samesite"], morsel["secure"]) == (True, "Lax", "")
        assert morsel["max-age"] == 365 * 86400
        assert self.kept(cookie, secure=True).cookies[GUEST_COOKIE]["secure"] is True  # stays under HTTPS

    def test_a_browser_with_a_key_keeps_it(self):
        assert not self.kept(KEY).cookies
