"""What a room's page says: complete, by code, and in the language of the page."""

import json
import re
from html.parser import HTMLParser
from typing import Any, get_args

import pytest
from django.test import Client
from django.utils import translation

from rooms.protocol import ErrorCode
from rooms.tests.support import make_room
from rooms.ui_text import ADVICE, ENDS, ERRORS, OBSTACLES, REFUSALS
from rtproject.websocket.close_codes import CloseCode

READ_ALOUD = ("aria-label", "placeholder", "title", "alt")  # attributes that hold sentences
MARK = re.compile(r"»[^«]*«")


class Texts(HTMLParser):
    """All that a page shows or says in its `main` element and its templates."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in ("main", "script"):
            self._inside = tag
        if self._inside == "main":
            self.found += [value for name, value in attributes if name in READ_ALOUD and value]

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "main" and data.strip():
            self.found.append(data.strip())


def sentences(words: Any) -> list[str]:
    """All strings in nested objects."""
    return (
        [words] if isinstance(words, str) else [text for value in words.values() for text in sentences(value)]
    )


def test_every_code_has_its_words() -> None:
    """An error, a refused password, and a close code: what has happened, what can be done, and why nothing is sent."""
    assert set(ERRORS) == set(get_args(ErrorCode))
    assert set(REFUSALS) == {CloseCode.FORBIDDEN, CloseCode.RATE_LIMITED, CloseCode.UNAVAILABLE}
    assert set(ENDS) == set(ADVICE) == set(CloseCode)
    assert set(OBSTACLES) == {code for code in CloseCode if code.reconnect == "never"}


@pytest.mark.django_db
@pytest.mark.parametrize("room", ["lobby", "VIP"])
def test_all_of_them_can_be_translated(client: Client, monkeypatch: pytest.MonkeyPatch, room: str) -> None:
    """In a language that puts each sentence in marks nothing that a page of ours says stands without them."""
    make_room("VIP")
    monkeypatch.setattr(translation._trans, "gettext", "»{}«".format)  # type: ignore[attr-defined]
    monkeypatch.setattr(translation._trans, "pgettext", lambda context, text: f"»{text}«")  # type: ignore[attr-defined]
    html = client.get(f"/rooms/{room}/").content.decode()
    page = Texts()
    page.feed(html)
    assert len(page.found) > 3
    assert [text for text in page.found if MARK.sub("", text).strip()] == [room]
    brought = re.search(r'<script id="words" type="application/json">(.*?)</script>', html)
    assert brought is not None
    said = sentences(json.loads(brought[1]))
    assert len(said) > 20
    assert [sentence for sentence in said if not MARK.fullmatch(sentence)] == []
