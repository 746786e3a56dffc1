"""Clients of rooms over real sockets, and a browser's way through the password."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from rtproject.tests.support import frames
from rtproject.tests.support.fixtures import NewSite
from rtproject.tests.support.frames import PRESENCE
from rtproject.tests.support.servers import Daphne, Server
from rtproject.tests.support.valkey import Valkey

TIMEOUT = 40.0  # seconds: running into it means that what a test waits for never comes
SECRET = {"pass": "secret123"}


@contextmanager
def two_servers(
    new_site: NewSite, prepare: str, kind: type[Server] = Daphne, **settings: Any
) -> Iterator[list[Server]]:
    """Two servers of one site, on which `prepare` was executed, and a Valkey that connects them."""
    with ExitStack() as stack:
        valkey = Valkey()
        stack.callback(valkey.kill)
        site = new_site(REDIS_URL=valkey.url, **settings)
        site.execute(prepare)
        servers = []
        for _ in range(2):
            servers.append(kind(site))
            stack.callback(servers[-1].terminate)
        yield servers


async def next_frame(client: ClientConnection) -> dict[str, Any]:
    """Return the next frame that is not about presence."""
    return json.loads(await frames.next_frame(client))


async def ask(client: ClientConnection, frame: Any) -> dict[str, Any]:
    """Send a frame, text as it is and all else as JSON, and return the next one that comes."""
    await client.send(frame if isinstance(frame, str) else json.dumps(frame))
    return await next_frame(client)


async def ending(client: ClientConnection) -> tuple[list[str], int | None]:
    """Return the frames that still come, without those about presence, and the close code."""
    frames = []
    try:
        while True:
            frames.append(str(await client.recv()))
    except ConnectionClosed:
        return [frame for frame in frames if json.loads(frame)["type"] not in PRESENCE], client.close_code


async def refusal(connecting: connect) -> int | None:
    """Return the code of a denial, which must come after the handshake and without a frame."""
    async with connecting as client:
        frames, code = await ending(client)
    assert frames == []
    return code


def let_in(server: Server, room: str, password: str) -> str:
    """Send the password on the room's page; return the cookies of the browser. Blocks."""
    jar = CookieJar()
    browser = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(jar), urllib.request.ProxyHandler({})
    )
    address = server.http_url(f"/rooms/{room}/")
    browser.open(address).close()
    cookies = {cookie.name: cookie.value or "" for cookie in jar}
    form = urlencode({"password": password, "csrfmiddlewaretoken": cookies["csrftoken"]}).encode()
    browser.open(address, form).close()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
