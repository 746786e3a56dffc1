"""Passwords of rooms, and admissions by them in a session."""

import time

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.signed_cookies import SessionStore

from rooms.access import hash_queue, passwords
from rooms.access.passwords import admit, is_admitted, verify, was_refused
from rooms.models import Room
from rooms.tests.access.support import HERE, THERE, guarded
from rooms.tests.support import TIMEOUT
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import ConnectionDenied


async def refusal(room: Room, raw: str | None, address: str | None = HERE) -> int | None:
    """The code that `raw` is refused with; None if it opens the room."""
    try:
        await verify(room, raw, address)
    except ConnectionDenied as refused:
        return refused.code
    return None


class TestVerify:
    @pytest.fixture(autouse=True)
    def _slow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A busy machine may take its time for a hash."""
        monkeypatch.setattr(passwords, "CHECK_TIMEOUT", TIMEOUT)
        monkeypatch.setattr(hash_queue, "TURN_SECONDS", TIMEOUT)

    async def test_only_the_password_opens_a_guarded_room(self) -> None:
        """A missing password is refused, and does not count."""
        for raw in ["wrong", "secret123\0", "\ud800", *[None, ""] * 10]:
            assert await refusal(guarded(), raw) == CloseCode.FORBIDDEN
        assert await refusal(guarded(), "secret123") is None

    async def test_an_answer_comes_in_time(self) -> None:
        """Time that the server spent before the check counts."""
        with pytest.raises(ConnectionDenied) as refused:
            await verify(guarded(), "secret123", HERE, began=time.monotonic() - TIMEOUT)
        assert refused.value.code == CloseCode.RATE_LIMITED

    async def test_an_address_that_was_refused_is_known(self) -> None:
        """No other one is."""
        await refusal(guarded(), "wrong", HERE)
        await refusal(guarded(), "wrong", None)
        await refusal(guarded(), "secret123", THERE)
        assert [was_refused(address) for address in (HERE, THERE, None)] == [True, False, False]


class TestAdmission:
    @pytest.fixture
    def session(self) -> SessionBase:
        """A browser's session, which has something in it."""
        session = SessionStore()
        session["cart"] = 1
        return session

    def test_one_session_may_be_admitted_to_several_rooms(self, session: SessionBase) -> None:
        """It is admitted to no other room, and its other data stays."""
        one, other = guarded("one", pk=1), guarded("other", pk=2)
        for room in (one, other):
            assert not is_admitted(session, room)
            admit(session, room)
        assert is_admitted(session, one)
        assert is_admitted(session, other)
        assert not is_admitted(session, guarded("third", pk=3))
        assert not is_admitted(None, one)
        assert session["cart"] == 1

    def test_any_change_of_the_password_ends_it(self, session: SessionBase) -> None:
        """The same password set again, and a new room of the same name, end it too."""
        room, again = guarded(), guarded()
        again.pk, again.password = 2, room.password
        admit(session, room)
        assert not is_admitted(session, again)
        room.set_password("secret123")
        assert not is_admitted(session, room)

    def test_it_lasts_for_twelve_hours(self, session: SessionBase, monkeypatch: pytest.MonkeyPatch) -> None:
        """After that the password is asked for again, and when the clock was set back."""
        room, now = guarded(), time.time()
        admit(session, room)
        for seconds, admitted in ((12 * 3600 - 60, True), (12 * 3600 + 60, False), (-30, True), (-90, False)):
            monkeypatch.setattr(time, "time", lambda seconds=seconds: now + seconds)
            assert is_admitted(session, room) == admitted
