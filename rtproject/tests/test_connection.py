"""The sentences about its connection that come with a page."""

import json
import re

import pytest
from django.test import Client
from django.utils import translation

from rtproject.templatetags.connection import WORDS, connection_text
from rtproject.websocket.close_codes import CloseCode


def sent(html: str) -> dict:
    """The data in the page for `status.js`."""
    found = re.search(r'<script id="connection" type="application/json">(.*?)</script>', html)
    assert found is not None
    return json.loads(found[1])


@pytest.mark.django_db
def test_every_page_has_the_sentences_for_its_connection(client: Client) -> None:
    """All of them, and all close codes with their meaning."""
    brought = sent(client.get("/").content.decode())
    assert brought["words"] == WORDS
    assert [entry["code"] for entry in brought["codes"]] == list(CloseCode)


def test_they_come_in_the_language_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them is fixed when the module is loaded."""
    monkeypatch.setattr(translation._trans, "gettext", "»{}«".format)  # type: ignore[attr-defined]
    brought = sent(connection_text())
    said = [*brought["words"].values(), *(entry["meaning"] for entry in brought["codes"])]
    assert len(said) == len(WORDS) + len(CloseCode)
    assert all(sentence.startswith("»") for sentence in said)
