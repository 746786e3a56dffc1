"""The numbers, the words and the advice of the close codes."""

import pytest

from rtproject.websocket.close_codes import CloseCode, as_json


@pytest.mark.parametrize("code", CloseCode)
def test_every_code_is_one_that_daphne_can_send_and_a_client_can_place(code):
    """Each code is in the range for applications and in a hundred that says whether to come back."""
    assert 4000 <= code <= 4299
    assert code.meaning.endswith(".")


@pytest.mark.parametrize(
    ("code", "title", "advice"),
    [
        (4003, "forbidden", "never"),
        (4004, "not found", "never"),
        (4008, "kicked", "never"),
        (4009, "password changed", "never"),
        (4100, "room full", "backoff"),
        (4101, "rate limited", "backoff"),
        (4102, "too slow", "backoff"),
        (4103, "unavailable", "backoff"),
        (4104, "closed", "backoff"),
        (4200, "going away", "at once"),
    ],
)
def test_a_number_names_its_code(code, title, advice):
    """Number, title and advice are the ones that the contract promises."""
    member = CloseCode(code)  # type: ignore[call-arg]
    assert member == code
    assert member.title == title
    assert member.reconnect == advice


def test_a_number_without_meaning_is_no_code():
    """An unknown number is not taken for one of ours."""
    with pytest.raises(ValueError, match="4999"):
        CloseCode(4999)  # type: ignore[call-arg]


def test_the_table_for_pages_has_every_code_once():
    """Pages are told every code with everything there is to say about it."""
    table = as_json()
    assert [row["code"] for row in table] == list(CloseCode)
    assert table[0] == {
        "code": 4003,
        "name": "forbidden",
        "meaning": "Wrong or missing room password.",
        "reconnect": "never",
    }
