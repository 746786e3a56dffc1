"""The address of a client as limits count it, and the name of a connection in the log."""

import ipaddress
import logging
import re
from functools import cache

from django.http import HttpRequest

from rtproject.websocket.asgi_types import Scope
from rtproject.websocket.options import option
from rtproject.websocket.utils.log_text import printable, request_path

logger = logging.getLogger(__name__)

# Some proxies write `192.0.2.1:443` or `[2001:db8::1]:443`; the port tells one client's connections apart.
_PORT = re.compile(r"^\[?([0-9.]+|[0-9a-fA-F:.]+(?=\]))\]?(:\d+)?$")
ADDRESS_KEY = "rtproject.address"
NO_PEER = "unix"  # the address of all clients of a server on a Unix socket, unless a proxy gives another one


def client_address(scope: Scope) -> str | None:
    """Return the client's address as limits count it; None for a caller inside the process.

    Such a caller's scope has no key `client`. With TRUSTED_PROXIES = N it is the Nth entry of X-Forwarded-For
    from the right: the client itself may have written those further left. With fewer entries than that it is
    the peer. An IPv6 address is counted by its /64, since that is what one customer is given. It is found
    once and kept in the scope.
    """
    if "client" not in scope:
        return None
    if ADDRESS_KEY not in scope:
        lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        client = scope["client"] or [NO_PEER]
        scope[ADDRESS_KEY] = _network(_forwarded(",".join(lines)) or client[0])
    address: str = scope[ADDRESS_KEY]
    return address


def request_address(request: HttpRequest) -> str:
    """Return the client's address of a page's request, by the same rules."""
    return _network(
        _forwarded(request.META.get("HTTP_X_FORWARDED_FOR", "")) or request.META.get("REMOTE_ADDR") or NO_PEER
    )


def _forwarded(line: str) -> str | None:
    if not line:
        return None
    entries = [entry.strip() for entry in line.split(",") if entry.strip()]
    count = option("TRUSTED_PROXIES")
    if entries and not count:
        _warn_of_undeclared_proxy()
    return entries[-count] if 0 < count <= len(entries) else None


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(_PORT.sub(r"\1", address))
    except ValueError:  # not an address: a name of the proxy's own, such as "unknown", counts as one client
        return printable(address, 64)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)


@cache
def _warn_of_undeclared_proxy() -> None:
    logger.warning(
        "a request carries X-Forwarded-For, but TRUSTED_PROXIES is 0: behind a proxy all clients count as one"
    )


def describe(scope: Scope) -> str:
    """Address and path for a log line, without the query, which may hold a password."""
    return f"{client_address(scope) or 'in-process'} {request_path(scope.get('path', ''))}"
