"""Addresses of Redis: the URL of a server, or redis+sentinel://host:port,host:port/<service>."""

import re
from typing import Any
from urllib.parse import urlsplit

SENTINELS = re.compile(
    r"redis\+sentinel://(?P<user>([^@/?#]*@)?)(?P<hosts>[^@/?#]+)/(?P<service>[\w.-]+)(?P<options>(\?.*)?)"
)
SENTINEL_PORT = 26379
SENTINEL_TIMEOUT = 0.1  # seconds for each: several may be asked within the time of one command


def sentinel_urls(url: str) -> list[str]:
    """Return the Sentinels of `url` as URLs, none for the URL of a server."""
    found = SENTINELS.fullmatch(url)
    return [f"redis://{host}" for host in found["hosts"].split(",")] if found else []


def server_url(url: str) -> str:
    """Return `url`, or for one of Sentinels that of a server whose host is not known yet."""
    return SENTINELS.sub(r"redis://\g<user>primary\g<options>", url)


def redis_host(url: str) -> dict[str, Any]:
    """Return the arguments of a connection pool as channels_redis takes them for one of its hosts."""
    found = SENTINELS.fullmatch(url)
    if found is None:
        return {"address": url}
    from redis.asyncio.connection import parse_url  # a site without Redis saves the memory
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    sentinels = [urlsplit(each) for each in sentinel_urls(url)]
    timeouts = dict.fromkeys(("socket_connect_timeout", "socket_timeout"), SENTINEL_TIMEOUT)
    return {
        **{name: value for name, value in parse_url(server_url(url)).items() if name != "host"},
        "master_name": found["service"],
        "sentinels": [(each.hostname, each.port or SENTINEL_PORT) for each in sentinels],
        "sentinel_kwargs": {**timeouts, "retry": Retry(NoBackoff(), 0)},
    }
