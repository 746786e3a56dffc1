"""The token of a request: whether there is one, what it may do, and how often."""

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
    """Return the token in the header `Authorization`, which allows one of `scopes`, see `Token.allows`.

    A wrong one costs a query, or none once its address has given too many. Raises ApiError and django.db.Error.
    """
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise _unauthorized("A token is needed, in the header `Authorization: Bearer …`.")
    digest = digest_of(text.strip())
    if digest in _buckets and not _buckets[digest].take():
        raise ApiError(429, "This token calls too often.", Retry_After="1")
    token = await (_find(digest) if digest in _buckets else _find_unknown(digest, request_address(request)))
    if token is None:
        _buckets.pop(digest, None)
        raise _unauthorized("This token is wrong, or was revoked.")
    _buckets.setdefault(digest, Bucket.full(settings.API_RATE))
    if not any(token.allows(scope, of) for scope in scopes):
        raise ApiError(403, f"This token lacks the scope {' or '.join(scopes)}.")
    return token


async def _find(digest: str) -> Token | None:
    return await Token.objects.filter(digest=digest).afirst()


async def _find_unknown(digest: str, address: str) -> Token | None:
    # Counted before the result is known, so that a burst gets no more queries than the limit allows.
    if not await wrong_tokens.take((address,)):
        wait = f"{settings.ROOMS_PASSWORD_ATTEMPTS.seconds:.0f}"
        raise ApiError(429, "Too many wrong tokens came from this address.", Retry_After=wait)
    is_wrong = False
    try:
        token = await _find(digest)
        is_wrong = token is None
    finally:
        if not is_wrong:
            await wrong_tokens.give_back((address,))
    return token


def _unauthorized(detail: str) -> ApiError:
    return ApiError(401, detail, WWW_Authenticate="Bearer")
