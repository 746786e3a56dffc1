"""The token of a request: whether there is one, what it may do, and how often."""

from math import ceil

from django.conf import settings
from django.http import HttpRequest

from rtproject.tokens.models import Token, digest_of
from rtproject.utils.json_api import ApiError
from rtproject.websocket.addresses import request_address
from rtproject.websocket.throttling.rates import Bucket
from rtproject.websocket.throttling.shared import SharedWindow

wrong_tokens = SharedWindow(
    "tokens.wrong", settings.ROOMS_PASSWORD_ATTEMPTS, settings.REDIS_URLS, settings.REDIS_PREFIX
)

# Of the tokens that were right in this process, by digest. Wrong ones of the same address do not concern them.
_buckets: dict[str, Bucket] = {}


async def authenticate(request: HttpRequest, *scopes: str, of: str = "") -> Token:
    """Return the token in the header `Authorization`, which allows one of `scopes`, if any: see `Token.allows`.

    A wrong one costs a query, or none once its address has given too many. Raises ApiError and django.db.Error.
    """
    digest, address = digest_of(_bearer(request)), (request_address(request),)
    bucket = _buckets.get(digest)
    if bucket is not None and not bucket.take():
        wait = ceil(bucket.rate.seconds / bucket.rate.count)
        raise ApiError(429, "This token calls too often.", Retry_After=f"{wait}")
    # Counted before the result is known, so that a burst gets no more queries than the limit allows.
    if bucket is None and not await wrong_tokens.take(address):
        wait = ceil(settings.ROOMS_PASSWORD_ATTEMPTS.seconds)
        raise ApiError(429, "Too many wrong tokens came from this address.", Retry_After=f"{wait}")
    is_wrong = False
    try:
        token = await Token.objects.filter(digest=digest).afirst()
        is_wrong = token is None
    finally:
        if bucket is None and not is_wrong:
            await wrong_tokens.give_back(address)
    if token is None:
        _buckets.pop(digest, None)
        raise ApiError(401, "This token is wrong, or was revoked.", WWW_Authenticate="Bearer")
    _buckets.setdefault(digest, Bucket.full(settings.API_RATE))
    if scopes and not any(token.allows(scope, of) for scope in scopes):
        raise ApiError(403, f"This token lacks the scope {' or '.join(scopes)}.")
    return token


def _bearer(request: HttpRequest) -> str:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise ApiError(
            401, "Send a token in the header `Authorization: Bearer …`.", WWW_Authenticate="Bearer"
        )
    return text.strip()
