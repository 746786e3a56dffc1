"""What a token lets in, and how wrong ones count."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import OperationalError
from django.test import RequestFactory
from pytest_django import Settings

from rtproject.tokens import check
from rtproject.tokens.models import Token
from rtproject.utils.json_api import ApiError
from rtproject.websocket.throttling.rates import Rate
from rtproject.websocket.throttling.shared import SharedWindow

pytestmark = pytest.mark.django_db
HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture(autouse=True)
def _limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three wrong tokens an hour, and nothing counted yet."""
    monkeypatch.setattr(check, "wrong_tokens", SharedWindow("tests", Rate(3, 3600.0), [], "tests"))
    monkeypatch.setattr(check, "_buckets", {})


def made(scopes: str = "metrics", name: str = "bot") -> str:
    """The text of a new token."""
    return Token.objects.create(name=name, scopes=scopes).text


def answer(authorization: str | None, scope: str = "metrics", of: str = "", address: str = HERE) -> Any:
    """What a call with this header is refused with; None if it is not."""
    headers = {} if authorization is None else {"Authorization": authorization}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=address)
    try:
        async_to_sync(check.authenticate)(request, scope, of=of)
    except ApiError as error:
        return error.response
    return None


def status(text: str, *args: Any, **kwargs: Any) -> int:
    refused = answer(f"Bearer {text}", *args, **kwargs)
    return 200 if refused is None else refused.status_code


@pytest.mark.parametrize(
    ("scopes", "scope", "of", "allowed"),
    [
        ("rooms:post", "rooms:post", "lobby", True),
        ("rooms:post:Lobby", "rooms:post", "lobby", True),
        ("metrics\r\nrooms:read:lobby", "rooms:read", "LOBBY", True),
        ("rooms:post:lobby", "rooms:post", "lobby2", False),
        ("rooms:post:lobby", "rooms:post", "", False),
        ("rooms:read", "rooms:post", "lobby", False),
        ("rooms:moderate", "rooms:post", "lobby", False),
        ("pulse:web-1", "pulse", "web-1", True),
        ("pulse:web-1", "pulse", "web-2", False),
        ("pulse:metrics", "metrics", "", False),
    ],
)
def test_a_token_may_do_what_its_scopes_say(scopes: str, scope: str, of: str, allowed: bool) -> None:
    assert status(made(scopes), scope, of) == (200 if allowed else 403)


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer  ", "Basic dTpw"])
def test_without_a_token_the_answer_asks_for_one_and_counts_nothing(authorization: str | None) -> None:
    for _ in range(5):
        refused = answer(authorization)
        assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")


def test_a_deleted_token_is_refused_at_once() -> None:
    text = made()
    assert [status(text), status(text)] == [200, 200]
    Token.objects.all().delete()
    assert status(text) == 401


def test_wrong_tokens_of_an_address_are_limited_and_then_cost_no_query(
    django_assert_num_queries: Any,
) -> None:
    known, other = made(), made(name="other")
    assert status(known) == 200
    assert [status(f"wrong {number}") for number in range(3)] == [401] * 3
    with django_assert_num_queries(0):
        refused = answer("Bearer wrong again")
        assert (refused.status_code, refused["Retry-After"]) == (429, "60")
        assert status(other) == 429  # an answer would tell that it is right
    assert [status(known), status(other, address=THERE)] == [200, 200]


def test_right_tokens_and_a_store_out_of_reach_do_not_count_as_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [made(name=f"bot {number}") for number in range(5)]
    with monkeypatch.context() as patch:
        patch.setattr(Token.objects, "filter", _failing)
        for _ in range(5):
            with pytest.raises(OperationalError):
                status(texts[0])
    assert [status(text) for text in texts] == [200] * 5


def _failing(**_: Any) -> Iterator[Token]:
    raise OperationalError("gone")


@pytest.mark.django_db(transaction=True)
async def test_many_that_begin_together_behind_one_address_are_let_in() -> None:
    texts = [await sync_to_async(made)(name=f"bot-{number}") for number in range(8)]

    async def call(text: str) -> Token:
        request = RequestFactory().get("/", headers={"Authorization": f"Bearer {text}"}, REMOTE_ADDR=HERE)
        return await check.authenticate(request, "metrics")

    tokens = await asyncio.gather(*map(call, texts))
    assert [token.name for token in tokens] == [f"bot-{number}" for number in range(8)]
    wrong = await asyncio.gather(*(call(f"wrong-{number}") for number in range(8)), return_exceptions=True)
    statuses = [error.response.status_code for error in wrong if isinstance(error, ApiError)]
    assert sorted(statuses) == [401] * 3 + [429] * 5


def test_a_token_calls_as_often_as_the_setting_says(settings: Settings) -> None:
    settings.API_RATE = Rate(2, 3600.0)
    text, other = made(), made(name="other")
    assert [status(text) for _ in range(3)] == [200] * 3  # the first is looked up
    refused = answer(f"Bearer {text}")
    assert (refused.status_code, refused["Retry-After"]) == (429, "1800")
    assert status(other) == 200
