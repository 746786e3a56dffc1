"""Password hashes that a process of its own computes."""

import os
import signal
import threading

import psutil
import pytest
from django.conf import global_settings
from django.contrib.auth.hashers import make_password
from pytest_django import Settings

from rooms import hash_process
from rooms.hash_child import NICENESS
from rooms.hash_process import HashProcess, matches_apart
from rooms.tests.support import PATIENCE
from rtproject.websocket.errors import Unavailable

ENCODED = make_password("secret123")


@pytest.fixture
def _no_idle_process() -> None:
    """Those of other tests are ended."""
    hash_process._end_idle()


def children() -> list[psutil.Process]:
    """The processes that compute hashes for this one."""
    mine = psutil.Process().children()
    return [child for child in mine if "rooms.hash_child" in child.cmdline()]


@pytest.mark.usefixtures("_no_idle_process")
class TestMatchesApart:
    def test_it_says_what_django_says(self) -> None:
        """Of right and wrong passwords, in any script."""
        other = make_password("schlüssel 🦊\n")
        assert matches_apart("secret123", ENCODED)
        assert not matches_apart("secret124", ENCODED)
        assert matches_apart("schlüssel 🦊\n", other)

    @pytest.mark.parametrize("raw", ["", "\ud800", "x" * 100_000])
    def test_whatever_is_no_password_is_a_wrong_one(self, raw: str) -> None:
        """And the process goes on."""
        assert matches_apart("secret123", ENCODED)
        assert not matches_apart(raw, ENCODED)
        assert len(children()) == 1

    def test_one_process_serves_one_caller_after_the_other(self) -> None:
        """It is started once."""
        for raw in ("one", "two", "three"):
            matches_apart(raw, ENCODED)
        assert len(children()) == 1

    def test_callers_at_one_time_have_a_process_each(self) -> None:
        """Neither waits for the other."""
        threads = [threading.Thread(target=matches_apart, args=("x", ENCODED)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(children()) == 2

    def test_one_that_was_killed_is_replaced(self) -> None:
        """Nobody notices."""
        matches_apart("x", ENCODED)
        os.kill(children()[0].pid, signal.SIGKILL)
        assert matches_apart("secret123", ENCODED)

    @pytest.mark.parametrize("raw", ["secret123", "x" * 1_000_000])
    def test_one_that_stands_still_is_killed_and_replaced(
        self, raw: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Whether it takes the question, or does not even read it to its end. Nothing of it is left."""

        def replacement() -> HashProcess:
            monkeypatch.setattr(hash_process, "ANSWER_SECONDS", PATIENCE)
            return HashProcess()

        matches_apart("x", ENCODED)
        (child,) = children()
        child.suspend()
        monkeypatch.setattr(hash_process, "ANSWER_SECONDS", 0.05)
        monkeypatch.setattr(hash_process, "HashProcess", replacement)
        assert matches_apart(raw, ENCODED) is (raw == "secret123")
        assert not child.is_running()
        assert len(children()) == 1
        assert caplog.messages == ["a process that computes hashes does not answer and is killed"]

    def test_if_none_can_be_had_nobody_gets_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The failure is ours, and says so."""
        monkeypatch.setattr("sys.executable", "/nowhere/python")
        with pytest.raises(Unavailable):
            matches_apart("secret123", ENCODED)

    def test_an_interrupt_from_the_keyboard_is_not_for_it(self) -> None:
        """A terminal sends it to the server's process group, and the server may still need a hash."""
        matches_apart("x", ENCODED)
        assert os.getpgid(children()[0].pid) != os.getpgid(0)

    def test_a_hash_of_another_kind_is_known_too(self, settings: Settings) -> None:
        """As an installation may have chosen it; and of another PBKDF2."""
        settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
        for kind in ("scrypt", "pbkdf2_sha1"):
            encoded = make_password("secret123", hasher=kind)
            assert matches_apart("secret123", encoded)
            assert not matches_apart("secret124", encoded)

    def test_it_stands_back_for_those_who_talk(self) -> None:
        """It has the processor when they do not need it."""
        matches_apart("x", ENCODED)
        assert children()[0].nice() == psutil.Process().nice() + NICENESS


def test_it_ends_when_its_input_does() -> None:
    """So none is left behind by a server that was killed."""
    with HashProcess()._child as child:
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(PATIENCE) == 0
