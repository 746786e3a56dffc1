"""What can be seen of texts and names."""

import unicodedata

import pytest

from rooms.visibility import is_blank, usable_name

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"  # three people, joined
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"  # a flag with tags
NAMES = [
    "Ada", "  Ada \t", " " + "x" * 32 + " ", "Zoë 李 Ω", "e\u0301" * 32, "🦊", "<b>", "a  b", FAMILY, FAMILY * 10,
    ENGLAND, "\u2764\ufe0f", "Ada \u2764\ufe0f\u200d\U0001f525", "1\ufe0f\u20e3",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0d28\u0d4d\u200d\u0d31", "\u845b\U000e0100\u57ce",
]  # fmt: skip
BAD_NAMES = {
    "absent": None, "empty": "", "blank": " \t ", "too long": "x" * 33, "line feed": "a\nb", "NUL": "a\0b",
    "C1 control": "a\x85b", "right-to-left override": "a\u202eb", "right-to-left mark": "a\u200fb",
    "isolate": "a\u2067b", "zero width space": "a\u200bb", "line separator": "a\u2028b",
    "byte order mark": "\ufeffAda", "private use": "a\ue000b", "lone surrogate": "a\ud800b",
    "Hangul fillers": "\u3164\u115f", "blank Braille": "\u2800", "a filler in it": "a\u3164b",
    "joiner alone": "\u200d", "joiner first": "\u200da", "joiner last": "a\u200d", "two joiners": "a\u200d\u200db",
    "joiner at a space": "a \u200db", "selector alone": "\ufe0f", "selectors": "a\ufe0f\ufe0f", "too many": FAMILY * 11,
    "tags without a flag": "a\U000e0067\U000e007f", "too many hidden": "a" + "\u180b\u200d" * 40,
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_usable_name_is_trimmed_and_composed(name):
    """It has at most 32 visible characters then: joiners and variation selectors between them are not counted."""
    assert usable_name(name) == unicodedata.normalize("NFC", name.strip())


def test_a_space_of_any_width_is_a_plain_one():
    assert usable_name("\u3000山田\u3000太郎\u00a0") == "山田 太郎"


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES.keys())
def test_a_name_with_something_that_cannot_be_seen_is_not_usable(name):
    assert usable_name(name) is None


@pytest.mark.parametrize(
    "text", ["\u3164", "\u2800 \u200d", "\ufe0f", "\U000e0100", "\u202e", "\0"], ids=ascii
)
def test_texts_and_names_agree_on_what_can_be_seen(text):
    assert is_blank(text)
    assert usable_name(text) is None


def test_a_long_name_is_not_normalized(monkeypatch):
    with monkeypatch.context() as without:
        without.delattr(unicodedata, "normalize")
        assert usable_name("a" + "\u0301\u0327" * 30_000) is None
