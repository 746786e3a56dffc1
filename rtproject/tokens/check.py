"""The token of a request: whether there is one, what it may do, and how often."""

import asyncio
from collections.abc import Callable
from math import ceil
from weakref import WeakValueDictionary

from django.conf import settings
from django.http import HttpRequest

from rtproject.tokens.models import Token, digest_of
from rtproject.utils.json_api import ApiError
from rtproject.websocket.addresses import request_address
from rtproject.websocket.throttling.rates import Bucket
from rtproject.websocket.throttling.shared import SharedWindow
from rtproject.websocket.utils.loop_local import loop_local

wrong_tokens = SharedWindow(
    "tokens.wrong", settings.ROOMS_PASSWORD_ATTEMPTS, settings.REDIS_URLS, settings.REDIS_PREFIX
)

# Of the tokens that were right in this process, by digest. Wrong ones of the same address do not concern them.
_buckets: dict[str, Bucket] = {}

# Of addresses, for tokens that were not right before: one query at a time, so that a burst of wrong ones gets no more
# queries than the limit allows, and two hundred agents behind one address are not taken for it.
_lines: Callable[[], WeakValueDictionary[tuple[str], asyncio.Lock]] = loop_local(WeakValueDictionary)


async def authenticate(request: HttpRequest, *scopes: str, of: str = "") -> Token:
    """Return the token in the header `Authorization`, which allows one of `scopes`, if any: see `Token.allows`.

    A wrong one costs a query, or none once its address has given too many. Raises ApiError and django.db.Error.
    """
    digest, address = digest_of(_bearer(request)), (request_address(request),)
    bucket = _buckets.get(digest)
    if bucket is not None and not bucket.take():
        wait = ceil(bucket.rate.seconds / bucket.rate.count)
        raise ApiError(429, "This token calls too often.", Retry_After=f"{wait}")
    if bucket is not None:
        token = await _query(digest)
    else:
        async with _lines().setdefault(address, asyncio.Lock()):
            token = await _find(digest, address)
    if token is None:
        _buckets.pop(digest, None)
        raise ApiError(401, "This token is wrong, or was revoked.", WWW_Authenticate="Bearer")
    _buckets.setdefault(digest, Bucket.full(settings.API_RATE))
    if scopes and not any(token.allows(scope, of) for scope in scopes):
        raise ApiError(403, f"This token lacks the scope {' or '.join(scopes)}.")
    return token


async def _query(digest: str) -> Token | None:
    return await Token.objects.filter(digest=digest).afirst()


async def _find(digest: str, address: tuple[str]) -> Token | None:
    """Look for a token that was not right before. Raises ApiError if `address` has given too many wrong ones."""
    if await wrong_tokens.exhausted(address):
        wait = ceil(settings.ROOMS_PASSWORD_ATTEMPTS.seconds)
        raise ApiError(429, "Too many wrong tokens came from this address.", Retry_After=f"{wait}")
    token = await _query(digest)
    if token is None:
        await wrong_tokens.take(address)
    return token


def _bearer(request: HttpRequest) -> str:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise ApiError(
            401, "Send a token in the header `Authorization: Bearer …`.", WWW_Authenticate="Bearer"
        )
    return text.strip()
