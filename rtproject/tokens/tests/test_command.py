"""`manage.py token`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from rtproject.tokens.models import Token, digest_of

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("token", *arguments, stdout=output)
    return output.getvalue()


def test_a_token_is_printed_once_and_listed_without_its_text() -> None:
    text = run("bot", "--scope", "rooms:post", "--scope", "rooms:read:lobby").strip()
    token = Token.objects.get()
    assert (token.name, token.digest) == ("bot", digest_of(text))
    (line,) = run("--list").splitlines()
    assert line.split("\t") == ["bot", f"{token.created:%Y-%m-%d %H:%M}", "rooms:post rooms:read:lobby"]


def test_a_revoked_name_may_be_used_again() -> None:
    first = run("bot", "--scope", "metrics")
    assert run("--revoke", "bot") == "revoked bot\n"
    assert run("--list") == ""
    assert run("bot", "--scope", "metrics") != first
    with pytest.raises(CommandError, match="There is no token nobody"):
        run("--revoke", "nobody")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("bot", "--scope", "metrics"), "name: Token with this Name already exists"),
        (("other", "--scope", "everything"), "scopes: “everything” is no scope"),
        (("other",), "scopes: This field cannot be blank"),
        ((" ", "--scope", "metrics"), "name: Use visible ASCII characters"),
    ],
)
def test_what_is_wrong_is_said_and_makes_no_token(arguments: tuple[str, ...], reason: str) -> None:
    run("bot", "--scope", "metrics")
    with pytest.raises(CommandError, match=reason):
        run(*arguments)
    assert Token.objects.count() == 1
