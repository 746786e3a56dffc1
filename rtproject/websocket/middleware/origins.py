"""The pages that may open a WebSocket, against cross-site WebSocket hijacking.

The attack is to a WebSocket as CSRF is to a form. A browser sends its user's cookies along whatever page
opens the connection, and always tells that page's origin (RFC 6455 section 10.2). Programs send none, and
have no cookies to steal.
"""

import logging
from collections.abc import Awaitable, Iterable
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain

from rtproject.websocket.addresses import describe
from rtproject.websocket.asgi_types import Application, Receive, Scope, Send
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.counters import handshakes

logger = logging.getLogger(__name__)

MAX_ORIGIN = 300  # characters: a host name has 253 at most
DEFAULT_PORTS = {"http": "80", "https": "443"}
# The hosts that Django allows under DEBUG when ALLOWED_HOSTS is empty.
DEBUG_HOSTS = [".localhost", "127.0.0.1", "[::1]"]


class ForeignOrigins:
    """ASGI middleware that rejects connections of pages of foreign sites with HTTP 403."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if is_foreign(scope["headers"]):
            return self._reject(scope, receive, send)
        return self.inner(scope, receive, send)

    async def _reject(self, scope: Scope, receive: Receive, send: Send) -> None:
        handshakes["rejected", 403] += 1
        logger.warning("%s refused with HTTP 403: foreign origin", describe(scope))
        await receive()
        await send({"type": "websocket.close", "code": int(CloseCode.FORBIDDEN)})


def is_foreign(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether the Origin is neither the request's host nor in CSRF_TRUSTED_ORIGINS.

    A host that is not in ALLOWED_HOSTS has no origin of its own.
    """
    headers = list(headers)
    origins = [value.decode("latin-1").strip() for name, value in headers if name == b"origin"]
    if not origins:
        return False
    hosts = [value.decode("latin-1").strip() for name, value in headers if name == b"host"]
    if len(origins) > 1 or len(hosts) != 1 or len(origins[0]) > MAX_ORIGIN:
        return True
    try:
        origin = urlsplit(origins[0].lower())
        # An origin is a scheme, a host and a port (RFC 6454 section 6.2), and nothing else.
        bare = origin.geturl() == f"{origin.scheme}://{origin.netloc.rpartition('@')[2]}"
        known = bare and origin.scheme in DEFAULT_PORTS and origin.hostname
        return not (known and (_is_own(origin, hosts[0].lower()) or _is_trusted(origin)))
    except ValueError:  # a port that is no number, or a broken IPv6 address
        return True


def _port(origin: SplitResult) -> str:
    return str(origin.port or DEFAULT_PORTS[origin.scheme])


def _is_own(origin: SplitResult, host: str) -> bool:
    domain, port = split_domain_port(host)  # without the dot that a full name may end with
    allowed = settings.ALLOWED_HOSTS or (DEBUG_HOSTS if settings.DEBUG else [])
    scheme = "https" if settings.SECURE_SSL_REDIRECT else origin.scheme
    return (
        bool(domain)
        and validate_host(domain, allowed)
        and (origin.hostname or "").removesuffix(".") == domain.strip("[]")
        and _port(origin) == (port or DEFAULT_PORTS[scheme])
    )


def _is_trusted(origin: SplitResult) -> bool:
    entries = [entry.lower().replace("://*.", "://.") for entry in settings.CSRF_TRUSTED_ORIGINS]
    return any(
        trusted.scheme == origin.scheme
        and _port(trusted) == _port(origin)
        and is_same_domain(origin.hostname or "", trusted.hostname or "")
        for trusted in map(urlsplit, entries)
    )
