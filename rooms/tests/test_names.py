"""Names of rooms, and of their groups in the channel layer."""

import re

import pytest
from channels.layers import get_channel_layer

from rooms.names import is_room_name, room_group, room_key

GOOD = ["a", "VIP", "0", "_", "-", "a-B_9", "x" * 64]
BAD = ["", "x" * 65, "a b", "a\n", "\na", "a.b", "a/b", "ä", "\u212a", "\u017f", "\u0661", "a\0", "a%20"]


@pytest.mark.parametrize("name", GOOD + BAD)
def test_a_name_is_1_to_64_ascii_letters_digits_underscores_and_hyphens(name):
    assert is_room_name(name) is (name in GOOD)


def test_names_are_compared_without_case():
    assert room_key("ViP") == room_key("vip")
    assert room_group("ViP") == room_group("vip")


def test_a_group_name_holds_no_user_input():
    group = room_group("secretname" * 6)
    assert re.fullmatch(r"rooms\.[0-9a-f]{32}", group)
    assert get_channel_layer().require_valid_group_name(group)


def test_every_room_has_a_group_of_its_own():
    assert len({room_group(name) for name in ("a", "b", "a-", "a_")}) == 4
