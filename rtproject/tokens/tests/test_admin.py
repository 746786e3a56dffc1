"""Tokens in the admin."""

import re

from django.test import Client
from django.urls import reverse

from rtproject.tokens.models import Token, digest_of

LIST, ADD = reverse("admin:tokens_token_changelist"), reverse("admin:tokens_token_add")


def test_a_new_token_is_shown_by_that_answer_alone(admin_client: Client) -> None:
    answer = admin_client.post(ADD, {"name": "bot", "scopes": "rooms:post\r\nmetrics"})
    token = Token.objects.get()
    found = re.search(r"<code>([\w-]{43})</code>", answer.content.decode())
    assert found is not None
    assert digest_of(found[1]) == token.digest
    assert "no-store" in answer["Cache-Control"]
    assert "messages" not in answer.cookies
    change = reverse("admin:tokens_token_change", args=[token.pk])
    for page in (LIST, change):
        shown = admin_client.get(page).content.decode()
        assert found[1] not in shown
        assert token.digest not in shown
    admin_client.post(change, {"name": "robot", "scopes": "metrics"})
    token.refresh_from_db()
    assert (token.name, token.digest) == ("robot", digest_of(found[1]))


def test_a_scope_that_is_none_is_said(admin_client: Client) -> None:
    answer = admin_client.post(ADD, {"name": "bot", "scopes": "everything"})
    assert "is no scope" in answer.content.decode()
    assert not Token.objects.exists()
