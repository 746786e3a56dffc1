"""Whether a password is the one that a hash was made of."""

import pytest
from django.conf import global_settings
from django.contrib.auth.hashers import make_password
from pytest_django import Settings

from rooms import matching
from rooms.hash_process import HashProcesses
from rooms.matching import Matcher, matches_apart
from rtproject.websocket.exceptions import LayerUnavailable

ENCODED = make_password("secret123")


def test_it_says_what_django_says() -> None:
    """Of right and wrong passwords, in any script."""
    other = make_password("schlüssel 🦊\n")
    assert matches_apart("secret123", ENCODED)
    assert not matches_apart("secret124", ENCODED)
    assert matches_apart("schlüssel 🦊\n", other)


@pytest.mark.parametrize("raw", ["", "\ud800", "x" * 100_000])
def test_whatever_is_no_password_is_a_wrong_one(raw: str) -> None:
    """Nothing fails."""
    assert not matches_apart(raw, ENCODED)


@pytest.mark.parametrize("encoded", ["secret123", "!unusable", "pbkdf2_sha256$5", "pbkdf2_sha256$x$y$z"])
def test_what_is_no_hash_matches_nothing(encoded: str) -> None:
    """Somebody may have saved a password as it is: it opens nothing, and no error tells it to the log."""
    assert not matches_apart("secret123", encoded)


def test_a_hash_of_another_kind_is_known_too(settings: Settings) -> None:
    """As an installation may have chosen it; and of another PBKDF2."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    for kind in ("scrypt", "pbkdf2_sha1"):
        encoded = make_password("secret123", hasher=kind)
        assert matches_apart("secret123", encoded)
        assert not matches_apart("secret124", encoded)


def test_if_no_process_can_be_had_nobody_gets_in(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The failure is ours, and says so."""
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(LayerUnavailable):
        Matcher().matches("secret123", ENCODED)
    assert "a password cannot be checked" in caplog.text


class Busy:
    """Stands in for leisurely processes on a machine that has much to do."""

    asked = 0

    def derive(self, *parameters: str | int) -> str:
        """There is no leisure."""
        self.asked += 1
        raise TimeoutError


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Busy:
    """What every Matcher that is made now finds in place of leisurely processes."""
    busy = Busy()
    monkeypatch.setattr(
        matching, "HashProcesses", lambda leisurely: busy if leisurely else HashProcesses(leisurely)
    )
    return busy


def test_without_leisure_a_hash_has_a_share_of_the_processor(busy: Busy) -> None:
    """And so have the next ones, which need not find out again."""
    matcher = Matcher()
    assert matcher.matches("secret123", ENCODED, leisurely=True)
    assert not matcher.matches("secret124", ENCODED, leisurely=True)
    assert busy.asked == 1


def test_what_is_not_leisurely_does_not_look_for_leisure(busy: Busy) -> None:
    """Nor does it wait until those have ended that do."""
    matcher = Matcher()
    with matcher._room:
        assert matcher.matches("secret123", ENCODED)
    assert busy.asked == 0


def test_leisure_is_looked_for_again(busy: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine is not busy for ever."""
    monkeypatch.setattr(matching, "BUSY_SECONDS", 0.0)
    matcher = Matcher()
    assert matcher.matches("secret123", ENCODED, leisurely=True)
    assert matcher.matches("secret123", ENCODED, leisurely=True)
    assert busy.asked == 2
