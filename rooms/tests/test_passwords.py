"""Who may enter a guarded room."""

import asyncio
import time

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.signed_cookies import SessionStore

from rooms import guesses, hashing, passwords
from rooms.models import Room
from rooms.passwords import admit, is_admitted, verify
from rooms.tests.support import PATIENCE
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import ConnectionDenied
from rtproject.websocket.throttling.rates import Rate
from rtproject.websocket.throttling.shared import SharedWindow

HERE, THERE = "192.0.2.1", "192.0.2.2"


def guarded(name: str = "VIP", password: str = "secret123", pk: int = 1) -> Room:
    """A room with a password, not stored."""
    room = Room(pk=pk, name=name)
    room.set_password(password)
    return room


async def status(room: Room, raw: str | None, address: str | None = HERE) -> int | None:
    """The code that `raw` is refused with; None if it opens the room."""
    try:
        await verify(room, raw, address)
    except ConnectionDenied as refused:
        return refused.code
    return None


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take its time for a hash."""
    monkeypatch.setattr(passwords, "ANSWER_SECONDS", PATIENCE)
    monkeypatch.setattr(hashing, "TURN_SECONDS", PATIENCE)


@pytest.fixture
def _three_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "wrong_passwords", SharedWindow("tests", Rate(3, 60.0), []))


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that are hashed from now on."""
    seen: list[str] = []

    def see(raw: str, encoded: str, leisurely: bool) -> bool:
        seen.append(raw)
        return hashing.matches(raw, encoded)

    monkeypatch.setattr(guesses, "matches_apart", see)
    return seen


class TestVerify:
    async def test_an_open_room_asks_for_nothing(self) -> None:
        """Whatever is given opens a room without a password."""
        for raw in (None, "", "anything", "\0"):
            assert await status(Room(name="lobby"), raw) is None

    async def test_only_the_password_opens_a_guarded_room(self) -> None:
        """A wrong password and none at all are forbidden."""
        assert await status(guarded(), "secret123") is None
        for raw in (None, "", "wrong", "secret123\0"):
            assert await status(guarded(), raw) == CloseCode.FORBIDDEN

    async def test_a_verdict_does_not_keep_anybody_for_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """With 4101, before the server gives up the handshake without a code."""
        release = asyncio.Event()

        async def slow(guess: guesses.Guess) -> None:
            await release.wait()

        monkeypatch.setattr(passwords, "ANSWER_SECONDS", 0.01)
        monkeypatch.setattr(passwords, "judge", slow)
        assert await status(guarded(), "secret123") == CloseCode.RATE_LIMITED

    async def test_a_verdict_comes_in_time_also_for_who_has_used_some_of_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server that was slow before it came to the password has as much less time for that."""
        monkeypatch.setattr(passwords, "ANSWER_SECONDS", 60.0)
        with pytest.raises(ConnectionDenied) as refused:
            await verify(guarded(), "secret123", HERE, began=time.monotonic() - 60.0)
        assert refused.value.code == CloseCode.RATE_LIMITED

    async def test_who_was_refused_is_known_for_a_while(self) -> None:
        """Right passwords, strangers elsewhere and callers inside the process are not."""
        await status(guarded(), "wrong", "192.0.2.1")
        await status(guarded(), "wrong", None)
        await status(guarded(), "secret123", "192.0.2.2")
        assert [passwords.was_refused(who) for who in ("192.0.2.1", "192.0.2.2", None)] == [
            True,
            False,
            False,
        ]


@pytest.mark.usefixtures("_three_a_minute")
class TestAttempts:
    async def test_after_too_many_wrong_ones_not_even_the_right_one_is_looked_at(self) -> None:
        """The limit says "rate limited" instead of "wrong", so that a guess is worth nothing any more."""
        codes = [await status(guarded(), "wrong") for _ in range(4)]
        assert codes == [CloseCode.FORBIDDEN] * 3 + [CloseCode.RATE_LIMITED]
        assert await status(guarded(), "secret123") == CloseCode.RATE_LIMITED

    async def test_address_and_room_count_for_themselves(self) -> None:
        """Others get in meanwhile, and so does the same address elsewhere; a room's case makes no difference."""
        for _ in range(3):
            await status(guarded("VIP"), "wrong")
        assert await status(guarded("vip"), "secret123") == CloseCode.RATE_LIMITED
        assert await status(guarded("VIP"), "secret123", THERE) is None
        assert await status(guarded("other"), "wrong") == CloseCode.FORBIDDEN
        assert await status(guarded("other"), "secret123") is None

    async def test_missing_and_right_ones_do_not_count(self) -> None:
        """Who gave none, or the right one, has guessed nothing."""
        for raw in [None, "", "secret123"] * 5:
            await status(guarded(), raw)
        assert await status(guarded(), "secret123") is None

    async def test_a_caller_inside_the_process_is_not_counted(self) -> None:
        """Without an address there is nobody to limit."""
        for _ in range(5):
            assert await status(guarded(), "wrong", None) == CloseCode.FORBIDDEN
        assert await status(guarded(), "secret123", None) is None

    @pytest.mark.parametrize("word", ["wrong", "wrong {}"])
    async def test_guesses_that_arrive_together_are_counted(self, word: str, hashed: list[str]) -> None:
        """A burst gets no more tries than the limit, whether all guess the same or not."""
        codes = await asyncio.gather(*(status(guarded(), word.format(number)) for number in range(20)))
        assert codes.count(CloseCode.FORBIDDEN) == 3
        assert codes.count(CloseCode.RATE_LIMITED) == 17
        assert len(hashed) <= 3

    async def test_over_the_limit_nothing_is_hashed(self, hashed: list[str]) -> None:
        """Neither a wrong one nor the right one, known or not: a guess is worth nothing any more."""
        room = guarded()
        assert await status(room, "secret123", THERE) is None
        for number in range(3):
            await status(room, f"wrong {number}")
        hashed.clear()
        for raw in ("secret123", "another", "wrong 0"):
            assert await status(room, raw) == CloseCode.RATE_LIMITED
        assert hashed == []

    async def test_many_at_one_address_come_in_together(self, hashed: list[str]) -> None:
        """The right password counts for nobody, also while it is not known yet to be right; it is hashed once."""
        room = guarded()
        assert await asyncio.gather(*(status(room, "secret123") for _ in range(50))) == [None] * 50
        assert hashed == ["secret123"]
        assert [await status(room, "wrong") for _ in range(3)] == [CloseCode.FORBIDDEN] * 3

    async def test_one_hash_is_enough_to_know_a_password(self, hashed: list[str]) -> None:
        """A right one, and a wrong one from many addresses (it was changed, say); another room's is hashed as ever."""
        room = guarded()
        for _ in range(3):
            assert await status(room, "secret123") is None
            assert await status(room, "wrong", None) == CloseCode.FORBIDDEN
        assert hashed == ["secret123", "wrong"]
        assert await status(guarded("other", "another", pk=2), "secret123") == CloseCode.FORBIDDEN
        assert hashed == ["secret123", "wrong", "secret123"]

    async def test_a_changed_password_is_not_known_any_more(self) -> None:
        """The old one is wrong at once, and the new one is right though it was wrong before."""
        room = guarded()
        assert await status(room, "secret123") is None
        assert await status(room, "other") == CloseCode.FORBIDDEN
        room.set_password("other")
        assert await status(room, "secret123") == CloseCode.FORBIDDEN
        assert await status(room, "other") is None

    async def test_what_is_remembered_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody who guesses makes us forget what is right."""
        monkeypatch.setattr(guesses.Digests, "MOST_REMEMBERED", 2)
        monkeypatch.setattr(guesses, "_right", guesses.Digests())
        monkeypatch.setattr(guesses, "_wrong", guesses.Digests())
        room = guarded()
        assert await status(room, "secret123") is None
        for number in range(5):
            await status(room, f"wrong {number}", None)
        assert len(guesses._wrong._known) == 2
        assert len(guesses._right._known) == 1

    async def test_nothing_that_is_remembered_is_a_password(self) -> None:
        """Digests, by a key that is nowhere else; another process's are others."""
        room = guarded()
        await status(room, "secret123")
        await status(room, "wrong", None)
        kept = repr((guesses._right._known, guesses._wrong._known, vars(guesses.wrong_passwords)))
        assert "secret123" not in kept
        assert "wrong'" not in kept
        digest = guesses.Guess(room, "secret123", HERE).digest
        assert digest in guesses._right._known
        assert b"secret123" not in digest

    async def test_a_client_that_leaves_early_is_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Hanging up before the answer gains nobody a guess."""
        with monkeypatch.context() as patch:
            patch.setattr(passwords, "ANSWER_SECONDS", 0.0)
            for number in range(3):
                assert await status(guarded(), f"wrong {number}") == CloseCode.RATE_LIMITED
        while guesses._under_way():
            await asyncio.wait(guesses._under_way().values())
        assert await status(guarded(), "secret123") == CloseCode.RATE_LIMITED

    async def test_who_failed_waits_apart_from_who_did_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A wrong password in any room makes an address a suspect, and no other."""
        suspects: list[bool] = []

        class Lanes:
            async def run(self, work: object, suspect: bool) -> bool:
                suspects.append(suspect)
                return False

        monkeypatch.setattr(guesses, "current_lanes", Lanes)
        for address, name in ((HERE, "VIP"), (HERE, "other"), (THERE, "other")):
            await status(guarded(name), "wrong", address)
        assert suspects == [False, True, False]

    async def test_who_gets_no_turn_is_turned_away_uncounted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It was not looked at, so it says nothing about who gave it."""

        class Full:
            async def run(self, work: object, suspect: bool) -> None:
                return None

        with monkeypatch.context() as patch:
            patch.setattr(guesses, "current_lanes", Full)
            for _ in range(5):
                assert await status(guarded(), "secret123") == CloseCode.RATE_LIMITED
        assert await status(guarded(), "secret123") is None

    async def test_an_open_room_is_never_limited(self) -> None:
        """Who guessed too often gets in when the password is removed."""
        for _ in range(4):
            await status(guarded(), "wrong")
        assert await status(Room(pk=1, name="VIP"), "wrong") is None


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
