"""Connection tokens: which are made, and which are valid."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import signing

from rooms.access.tokens import connection_token, read_token
from rooms.identity import Visitor

HOUR = 3600


def token(**given: Any) -> str:
    """A token with these arguments in place of usual ones."""
    usual: dict[str, Any] = {"user_id": 7, "name": "Ada", "rooms": ["Lobby", "VIP"], "expires": HOUR}
    return connection_token(**usual | given)


@pytest.mark.parametrize(
    "expires", [HOUR, 0.5 * HOUR, timedelta(hours=1), datetime.now(UTC) + timedelta(days=1)]
)
def test_it_names_somebody_in_its_rooms_alone(expires):
    named = read_token(token(expires=expires), "lobby")
    assert named is not None
    assert named[0] == Visitor("Ada", "7", external=True)
    assert not named[0].is_authenticated
    assert read_token(token(expires=expires), "other") is None
    assert read_token(token(rooms="lobby"), "lobby") is not None


@pytest.mark.parametrize("expires", [0, -1, timedelta(seconds=-1), datetime(2026, 1, 31, tzinfo=UTC)])
def test_one_that_has_ended_is_not_valid(expires):
    assert read_token(token(expires=expires), "lobby") is None


def test_a_forged_one_is_not_valid():
    good = token()
    forged = [good[:-1], good[:-1] + ("A" if good[-1] != "A" else "B"), "", "\0", "a:b:c", "x" * 4000]
    assert [read_token(each, "lobby") for each in forged] == [None] * 6
    assert (
        read_token(signing.dumps(["7", "Ada", ["lobby"], 1e12]), "lobby") is None
    )  # signed for something else


def test_it_outlives_a_change_of_the_secret_key(settings):
    made = token()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new one"
    assert read_token(made, "lobby") is not None
    settings.SECRET_KEY_FALLBACKS = []
    assert read_token(made, "lobby") is None


@pytest.mark.parametrize(
    "wrong",
    [{"name": " "}, {"name": "a\nb"}, {"name": "x" * 33}, {"rooms": []}, {"rooms": ["a b"]}, {"rooms": ""},
     {"user_id": ""}, {"user_id": None}],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        token(**wrong)
