"""What is read from a query string, whatever a stranger writes into it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproject.websocket.query import MAX_PARAMETERS, parse_query, whole_number


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        (b"", {}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a=1&a=2", {"a": "2"}),
        (b"pass=", {"pass": ""}),
        (b"flag", {"flag": ""}),
        (b"a=%20+%26", {"a": "  &"}),
        (b"name=J%C3%BCrgen", {"name": "Jürgen"}),
        ("name=Zoë".encode(), {"name": "Zoë"}),
        (b"a=%FF&b=1", {"b": "1"}),
        (b"a=1&a=%ED%A0%80", {}),
        (b"a=\xff", {}),
        (b"a=%00", {"a": "\0"}),
        (b"a=%zz", {"a": "%zz"}),
    ],
)
def test_parameters_are_decoded(query, parameters):
    """Escapes are undone, blanks are kept, of a repeated one the last counts, what is no UTF-8 is not there."""
    assert parse_query(query) == parameters


def test_a_query_with_absurdly_many_parameters_has_none():
    """The limit is on the number of parameters, and one less is read in full."""
    pairs = [b"p%d=1" % number for number in range(MAX_PARAMETERS + 1)]
    assert parse_query(b"&".join(pairs)) == {}
    assert len(parse_query(b"&".join(pairs[1:]))) == MAX_PARAMETERS


@settings(deadline=None)
@given(st.binary())
def test_no_query_raises(query):
    """Any bytes are a query."""
    assert isinstance(parse_query(query), dict)


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("1", 1), ("007", 7), ("200", 200)])
def test_a_number_in_range_is_read(text, number):
    """ASCII digits within the range are a number, leading zeros or not."""
    assert whole_number(text, 0, 200) == number


@pytest.mark.parametrize(
    "text", [None, "", "-1", "+1", "201", "1.0", "1e2", " 1", "1_0", "٣", "²", "x", "9" * 5000]
)
def test_anything_else_counts_as_absent(text):
    """Malformed numbers and those out of range are None, and none is ever expensive to read."""
    assert whole_number(text, 0, 200) is None


@settings(deadline=None)
@given(st.text())
def test_no_text_raises(text):
    """Any text is a number in range, or absent."""
    number = whole_number(text, 5, 10)
    assert number is None or 5 <= number <= 10
