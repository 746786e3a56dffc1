"""What a room may be called."""

import re

import pytest
from channels.layers import get_channel_layer

from rooms.names import is_room_name, room_group, room_key


@pytest.mark.parametrize("name", ["a", "VIP", "0", "_", "-", "a-B_9", "x" * 64])
def test_letters_digits_underscore_and_hyphen_make_a_name(name: str) -> None:
    """1 to 64 of A-Z a-z 0-9 _ - are a name."""
    assert is_room_name(name)


BAD_NAMES = [
    "",
    "x" * 65,
    "a b",
    "a\n",
    "\na",
    "a.b",
    "a/b",
    "ä",
    "\u212a",
    "\u017f",
    "\u0661",
    "a\0",
    "..",
    "a%20",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_nothing_else_is_a_name(name: str) -> None:
    """No space, line feed, dot or letter beyond ASCII is part of a name, and it has an end."""
    assert not is_room_name(name)


def test_names_are_compared_without_case() -> None:
    """Names that differ in case alone have one key and one group."""
    assert room_key("ViP") == room_key("vip")
    assert room_group("ViP") == room_group("vip")


def test_a_group_name_holds_nothing_that_a_stranger_chose() -> None:
    """A layer takes the group of the longest name, and the name is not in it."""
    group = room_group("secretname" * 6)
    assert re.fullmatch(r"rooms\.[0-9a-f]{32}", group)
    assert get_channel_layer().require_valid_group_name(group)


def test_every_room_has_a_group_of_its_own() -> None:
    """Rooms of other names have other groups."""
    assert len({room_group(name) for name in ("a", "b", "a-", "a_")}) == 4
