"""The text of a room's page is complete and can be translated."""

import json
import re
from typing import Any, get_args

import pytest
from django.utils import translation

from rooms.protocol import ErrorCode
from rooms.tests.support import make_room
from rooms.ui_text import ADVICE, ENDS, ERRORS, OBSTACLES, REFUSALS
from rtproject.websocket.close_codes import CloseCode

READ_ALOUD = r'(?:aria-label|placeholder|title|alt)="([^"]+)"'  # attributes that hold sentences
MARKED = re.compile(r"»[^«]*«")


def texts(html: str) -> list[str]:
    """All that is shown or read aloud in the `main` element of a page."""
    main = re.search(r"<main.*</main>", html, re.DOTALL)
    assert main is not None
    shown = re.sub(r"<script.*?</script>", "", main[0], flags=re.DOTALL)
    found = re.findall(r">([^<]+)<", shown) + re.findall(READ_ALOUD, shown)
    return [text.strip() for text in found if text.strip()]


def sentences(words: Any) -> list[str]:
    """All strings in nested objects."""
    if isinstance(words, str):
        return [words]
    return [text for value in words.values() for text in sentences(value)]


def test_every_code_has_its_text():
    assert set(ERRORS) == set(get_args(ErrorCode))
    assert set(REFUSALS) == {CloseCode.FORBIDDEN, CloseCode.RATE_LIMITED, CloseCode.UNAVAILABLE}
    assert set(ENDS) == set(ADVICE) == set(CloseCode)
    assert set(OBSTACLES) == {code for code in CloseCode if code.reconnect == "never"}


@pytest.mark.django_db
@pytest.mark.parametrize("room", ["lobby", "VIP"])
def test_all_text_can_be_translated(client, monkeypatch, room):
    """With a language that marks each sentence, the page has no text without marks."""
    make_room("VIP")
    monkeypatch.setattr(translation._trans, "gettext", "»{}«".format)  # type: ignore[attr-defined]
    monkeypatch.setattr(translation._trans, "pgettext", lambda context, text: f"»{text}«")  # type: ignore[attr-defined]
    html = client.get(f"/rooms/{room}/").content.decode()
    shown = texts(html)
    assert len(shown) > 3
    assert [text for text in shown if MARKED.sub("", text).strip()] == [room]
    data = re.search(r'<script id="words" type="application/json">(.*?)</script>', html)
    assert data is not None
    found = sentences(json.loads(data[1]))
    assert len(found) > 20
    assert [sentence for sentence in found if not MARKED.fullmatch(sentence)] == []
