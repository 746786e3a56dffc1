"""Signatures of events."""

import pytest

from rtproject.websocket.groups.signing import is_signed, sign


def test_only_a_key_of_this_site_signs(settings):
    """The present one, or one that is a fallback."""
    settings.SECRET_KEY = "old"
    signature = sign("body")
    assert is_signed("body", signature)
    assert not is_signed("bodY", signature)
    settings.SECRET_KEY = "new"
    assert not is_signed("body", signature)
    settings.SECRET_KEY_FALLBACKS = ["old"]
    assert is_signed("body", signature)
    assert sign("body") != signature


@pytest.mark.parametrize("signature", ["", "0" * 32, "ä"])
def test_anything_else_is_no_signature(signature):
    assert not is_signed("body", signature)
