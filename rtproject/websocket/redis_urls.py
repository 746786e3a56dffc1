"""Addresses of Redis: the URL of a server, or redis+sentinel://host:port,host:port/<service>."""

import re
from typing import Any
from urllib.parse import urlsplit

SENTINELS = re.compile(
    r"redis\+sentinel://(?P<user>([^@/?#]*@)?)(?P<hosts>[^@/?#]+)/(?P<service>[\w.-]+)(?P<options>(\?.*)?)"
)
SENTINEL_TIMEOUT = 0.1  # seconds for each: several may be asked within the time of one command


def split_sentinels(url: str) -> tuple[list[str], str, str]:
    """Return URLs of the Sentinels in `url`, their service, and the URL of a server, whose host they know."""
    found = SENTINELS.fullmatch(url)
    if found is None:
        return [], "", url
    sentinels = [f"redis://{host}" for host in found["hosts"].split(",")]
    return sentinels, found["service"], f"redis://{found['user']}primary{found['options']}"


def redis_host(url: str) -> dict[str, Any]:
    """Return the arguments of a connection pool as channels_redis takes them for one of its hosts."""
    sentinels, service, server = split_sentinels(url)
    if not sentinels:
        return {"address": url}
    from redis.asyncio.connection import parse_url  # a site without Redis saves the memory
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    timeouts = dict.fromkeys(("socket_connect_timeout", "socket_timeout"), SENTINEL_TIMEOUT)
    return {
        **{name: value for name, value in parse_url(server).items() if name != "host"},
        "master_name": service,
        "sentinels": [(each.hostname, each.port or 26379) for each in map(urlsplit, sentinels)],
        "sentinel_kwargs": {**timeouts, "retry": Retry(NoBackoff(), 0)},
    }
