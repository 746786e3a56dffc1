"""Query strings, also hostile ones."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproject.websocket.query import (
    MAX_PARAMETERS,
    MAX_QUERY,
    UNREAD,
    choose_subprotocol,
    parse_query,
    whole_number,
)


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        (b"", {}), (b"a=1&b=2", {"a": "1", "b": "2"}), (b"a=1&a=2", {"a": "2"}), (b"pass=", {"pass": ""}),
        (b"flag", {"flag": ""}), (b"a=%20+%26", {"a": "  &"}), (b"name=J%C3%BCrgen", {"name": "Jürgen"}),
        ("name=Zoë".encode(), {"name": "Zoë"}), (b"a=%FF&b=1", {"b": "1"}), (b"a=1&a=%ED%A0%80", {}),
        (b"a=\xff", {}), (b"a=%00", {"a": "\0"}), (b"a=%zz", {"a": "%zz"}),
    ],
)  # fmt: skip
def test_parameters_are_decoded(query, parameters):
    """Escapes are decoded, blanks are kept, the last of several counts, and invalid UTF-8 is dropped."""
    assert parse_query(query) == parameters


def test_a_query_that_is_too_much_to_read_opens_nothing():
    """One less than that is read in full."""
    pairs = [b"p%d=1" % number for number in range(MAX_PARAMETERS + 1)]
    assert parse_query(b"&".join(pairs)) == UNREAD
    assert parse_query(b"name=" + b"x" * MAX_QUERY) == UNREAD
    assert len(parse_query(b"&".join(pairs[1:]))) == MAX_PARAMETERS


@settings(deadline=None)
@given(st.binary(), st.text())
def test_no_query_and_no_number_raises(query, text):
    """Any bytes are a query, and any text is a number in range or absent."""
    assert isinstance(parse_query(query), dict)
    number = whole_number(text, 5, 10)
    assert number is None or 5 <= number <= 10


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("1", 1), ("007", 7), ("200", 200)])
def test_a_number_in_range_is_read(text, number):
    """Leading zeros are fine."""
    assert whole_number(text, 0, 200) == number


@pytest.mark.parametrize(
    "text", [None, "", "-1", "+1", "201", "1.0", "1e2", " 1", "1_0", "٣", "²", "x", "9" * 5000]
)
def test_anything_else_counts_as_absent(text):
    """Malformed numbers, numbers out of range, and absurdly long ones are None."""
    assert whole_number(text, 0, 200) is None


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([], None), ([""], None), (["theirs", "other"], "theirs"), (["", "theirs"], "theirs"),
        (["theirs", "rtproject.v1"], "rtproject.v1"),
    ],
)  # fmt: skip
def test_our_subprotocol_is_preferred(offered, chosen):
    """Ours if it is offered, else the first that has a name, else none."""
    header = (b"sec-websocket-protocol", ", ".join(offered).encode())
    assert choose_subprotocol({"subprotocols": offered, "headers": []}) == chosen
    assert choose_subprotocol({"subprotocols": [], "headers": [header]}) == chosen


def test_a_subprotocol_is_chosen_as_it_was_offered():
    """Daphne unquotes the names in the scope, a client may use several lines, and a server may leave the list out."""
    headers = [(b"sec-websocket-protocol", b"x%41"), (b"sec-websocket-protocol", b"other")]
    assert choose_subprotocol({"subprotocols": ["xA", "other"], "headers": headers}) == "x%41"
    assert choose_subprotocol({"headers": []}) is None
