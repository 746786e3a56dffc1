"""Who may enter a guarded room."""

import asyncio
import threading
import time
from collections import OrderedDict

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.signed_cookies import SessionStore

from rooms import passwords
from rooms.models import Room
from rooms.passwords import admit, is_admitted, verify
from rooms.tests.support import PATIENCE
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.errors import Refused
from rtproject.websocket.rates import Rate, Tally

HERE, THERE = "192.0.2.1", "192.0.2.2"


def guarded(name: str = "VIP", password: str = "secret123", pk: int = 1) -> Room:
    """A room with a password, not stored."""
    room = Room(pk=pk, name=name)
    room.set_password(password)
    return room


async def verdict(room: Room, raw: str | None, address: str | None = HERE) -> int | None:
    """The code that `raw` is refused with; None if it opens the room."""
    try:
        await verify(room, raw, address)
    except Refused as refused:
        return refused.code
    return None


@pytest.fixture
def _three_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "wrong_passwords", Tally(Rate(3, 60.0)))


class TestVerify:
    async def test_an_open_room_asks_for_nothing(self) -> None:
        """Whatever is given opens a room without a password."""
        for raw in (None, "", "anything", "\0"):
            assert await verdict(Room(name="lobby"), raw) is None

    async def test_only_the_password_opens_a_guarded_room(self) -> None:
        """A wrong password and none at all are forbidden."""
        assert await verdict(guarded(), "secret123") is None
        for raw in (None, "", "wrong", "secret123\0"):
            assert await verdict(guarded(), raw) == CloseCode.FORBIDDEN

    async def test_the_hash_is_computed_off_the_loop(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """While a password is hashed the event loop goes on, and so do other hashes."""
        release, threads, loop = threading.Event(), set(), asyncio.get_running_loop()
        begun: asyncio.Queue[None] = asyncio.Queue()

        def slow(raw: str, encoded: str) -> bool:
            threads.add(threading.get_ident())
            loop.call_soon_threadsafe(begun.put_nowait, None)
            return release.wait(PATIENCE)

        monkeypatch.setattr(passwords, "check_password", slow)
        checks = [asyncio.create_task(verdict(guarded(), "secret123")) for _ in range(3)]
        for _ in range(passwords.HASHES_AT_ONCE):
            await asyncio.wait_for(begun.get(), PATIENCE)
        assert begun.empty()  # the third waits for its turn
        release.set()
        assert await asyncio.gather(*checks) == [None] * 3
        assert threading.get_ident() not in threads


@pytest.mark.usefixtures("_three_a_minute")
class TestAttempts:
    async def test_after_too_many_wrong_ones_not_even_the_right_one_is_looked_at(self) -> None:
        """The limit says "rate limited" instead of "wrong", so that a guess is worth nothing any more."""
        codes = [await verdict(guarded(), "wrong") for _ in range(4)]
        assert codes == [CloseCode.FORBIDDEN] * 3 + [CloseCode.RATE_LIMITED]
        assert await verdict(guarded(), "secret123") == CloseCode.RATE_LIMITED

    async def test_address_and_room_count_for_themselves(self) -> None:
        """Others get in meanwhile, and so does the same address elsewhere; a room's case makes no difference."""
        for _ in range(3):
            await verdict(guarded("VIP"), "wrong")
        assert await verdict(guarded("vip"), "secret123") == CloseCode.RATE_LIMITED
        assert await verdict(guarded("VIP"), "secret123", THERE) is None
        assert await verdict(guarded("other"), "wrong") == CloseCode.FORBIDDEN
        assert await verdict(guarded("other"), "secret123") is None

    async def test_missing_and_right_ones_do_not_count(self) -> None:
        """Who gave none, or the right one, has guessed nothing."""
        for raw in [None, "", "secret123"] * 5:
            await verdict(guarded(), raw)
        assert await verdict(guarded(), "secret123") is None

    async def test_a_caller_inside_the_process_is_not_counted(self) -> None:
        """Without an address there is nobody to limit."""
        for _ in range(5):
            assert await verdict(guarded(), "wrong", None) == CloseCode.FORBIDDEN
        assert await verdict(guarded(), "secret123", None) is None

    async def test_guesses_that_arrive_together_are_counted(self) -> None:
        """A burst gets no more tries than the limit, but for those that are hashed at the same moment."""
        codes = await asyncio.gather(*(verdict(guarded(), "wrong") for _ in range(20)))
        assert 3 <= codes.count(CloseCode.FORBIDDEN) <= 3 + passwords.HASHES_AT_ONCE - 1
        assert set(codes) == {CloseCode.FORBIDDEN, CloseCode.RATE_LIMITED}

    async def test_one_hash_is_enough_to_know_a_right_password(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Everybody who comes back at once gets in; a wrong password and another room's are hashed as ever."""
        room = guarded()
        assert await verdict(room, "secret123") is None
        hashed: list[str | None] = []

        def no_match(raw: str | None, encoded: str) -> bool:
            hashed.append(raw)
            return False

        monkeypatch.setattr(passwords, "matches", no_match)
        assert await asyncio.gather(*(verdict(room, "secret123") for _ in range(20))) == [None] * 20
        assert hashed == []
        assert await verdict(room, "wrong") == CloseCode.FORBIDDEN
        assert await verdict(guarded("other", pk=2), "secret123") == CloseCode.FORBIDDEN
        assert hashed == ["wrong", "secret123"]

    async def test_a_changed_password_is_not_known_any_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Also if it is set to the same word again: the hash has another salt."""
        room = guarded()
        assert await verdict(room, "secret123") is None
        room.set_password("other")
        assert await verdict(room, "secret123") == CloseCode.FORBIDDEN

    async def test_of_known_passwords_the_oldest_is_forgotten(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is remembered is bounded."""
        monkeypatch.setattr(passwords, "MOST_KNOWN", 2)
        monkeypatch.setattr(passwords, "_known", OrderedDict())
        for pk in range(3):
            assert await verdict(guarded(pk=pk), "secret123") is None
        assert len(passwords._known) == 2

    async def test_who_waits_too_long_for_a_hash_is_turned_away(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With 4101, before the server gives up the handshake without a code."""
        monkeypatch.setattr(passwords, "HASHING_SECONDS", 0.01)
        busy = threading.Event()
        monkeypatch.setattr(passwords, "matches", lambda raw, encoded: busy.wait(PATIENCE))
        hashing = [asyncio.create_task(verdict(guarded(), "x")) for _ in range(passwords.HASHES_AT_ONCE)]
        await asyncio.sleep(0)
        assert await verdict(guarded(), "y") == CloseCode.RATE_LIMITED
        busy.set()
        assert await asyncio.gather(*hashing) == [None, None]

    async def test_an_open_room_is_never_limited(self) -> None:
        """Who guessed too often gets in when the password is removed."""
        for _ in range(4):
            await verdict(guarded(), "wrong")
        assert await verdict(Room(pk=1, name="VIP"), "wrong") is None


class TestAdmission:
    @pytest.fixture
    def session(self) -> SessionBase:
        """A browser's session, which has something in it."""
        session = SessionStore()
        session["cart"] = 1
        return session

    def test_who_was_admitted_is_known_again(self, session: SessionBase) -> None:
        """An admission is for one room, and the rest of the session stays."""
        room = guarded("VIP")
        admit(session, room)
        assert is_admitted(session, room)
        assert not is_admitted(session, guarded("other", pk=2))
        assert session["cart"] == 1

    def test_several_rooms_fit_into_one_session(self, session: SessionBase) -> None:
        """Being let into one room does not send anybody out of another."""
        one, other = guarded("one", pk=1), guarded("other", pk=2)
        admit(session, one)
        admit(session, other)
        assert is_admitted(session, one)
        assert is_admitted(session, other)

    def test_without_a_session_nobody_is_admitted(self, session: SessionBase) -> None:
        """Neither no session nor an empty one lets anybody in."""
        assert not is_admitted(None, guarded())
        assert not is_admitted(session, guarded())

    def test_any_change_of_the_password_ends_it(self, session: SessionBase) -> None:
        """Setting even the same password again asks everybody again."""
        room = guarded()
        admit(session, room)
        room.set_password("secret123")
        assert not is_admitted(session, room)

    def test_it_does_not_reach_a_room_that_was_made_again(self, session: SessionBase) -> None:
        """Another row of the same name is another room."""
        room = guarded()
        admit(session, room)
        room.pk = 2
        assert not is_admitted(session, room)

    def test_it_lasts_for_twelve_hours(self, session: SessionBase, monkeypatch: pytest.MonkeyPatch) -> None:
        """After that the password is asked for again."""
        room, now = guarded(), time.time()
        admit(session, room)
        monkeypatch.setattr(time, "time", lambda: now + 12 * 3600 - 60)
        assert is_admitted(session, room)
        monkeypatch.setattr(time, "time", lambda: now + 12 * 3600 + 60)
        assert not is_admitted(session, room)

    def test_the_session_tells_nothing_of_the_password(self, session: SessionBase) -> None:
        """Who can read sessions learns neither the password nor its hash."""
        room = guarded()
        admit(session, room)
        stored = repr(dict(session.items()))
        assert "secret123" not in stored
        assert not any(part in stored for part in room.password.split("$") if len(part) > 8)
