"""Tokens as they are stored."""

import base64

import pytest
from django.core.exceptions import ValidationError

from rtproject.tokens.models import Token, validate_scopes


@pytest.mark.django_db
def test_a_new_token_has_32_random_bytes_that_are_not_stored() -> None:
    token, other = (Token.objects.create(name=name, scopes="metrics") for name in "ab")
    assert len(base64.urlsafe_b64decode(token.text + "=")) == 32
    assert token.text != other.text
    stored = Token.objects.get(name="a")
    stored.save()
    assert stored.text == ""
    assert token.text not in str(Token.objects.values())
    assert Token.objects.get(digest=token.digest) == stored


def test_a_token_names_the_hosts_that_it_is_for() -> None:
    token = Token(scopes="metrics\r\npulse:Web-1\npulse:web:2\nrooms:post:pulse")
    assert token.subjects("pulse") == ["Web-1", "web:2"]


@pytest.mark.parametrize(
    "scope", ["rooms:post", "rooms:read:a-B_1", "rooms:moderate", "metrics", "pulse:web 1"]
)
def test_a_scope_is_one_of_these(scope: str) -> None:
    validate_scopes(f"metrics\r\n{scope}")


@pytest.mark.parametrize(
    "scope",
    ["rooms", "rooms:", "rooms:post:", "rooms:post:a b", "rooms:write", "metrics:x", "pulse", "pulse:", "*"],
)
def test_any_other_is_an_error(scope: str) -> None:
    with pytest.raises(ValidationError, match="is no scope: use rooms:post"):
        validate_scopes(f"metrics\n{scope}")
