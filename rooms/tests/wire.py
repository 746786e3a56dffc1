"""What tests of the rooms over real sockets need: frames, endings, and a browser's way through the password."""

import json
import urllib.request
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from rtproject.tests.support import frames
from rtproject.tests.support.frames import PRESENCE
from rtproject.tests.support.servers import Server

SECRET = {"pass": "secret123"}


async def next_frame(client: ClientConnection) -> dict[str, Any]:
    """The next frame of a client, whoever came or went meanwhile."""
    return json.loads(await frames.next_frame(client))


async def ask(client: ClientConnection, frame: Any) -> dict[str, Any]:
    """Sends one frame, text as it is and all else as JSON, and returns the next one that comes."""
    await client.send(frame if isinstance(frame, str) else json.dumps(frame))
    return await next_frame(client)


async def ending(client: ClientConnection) -> tuple[list[str], int | None]:
    """All frames that still come but who came or went, and the code that the server closes with then."""
    frames = []
    try:
        while True:
            frames.append(str(await client.recv()))
    except ConnectionClosed:
        said = [frame for frame in frames if json.loads(frame)["type"] not in PRESENCE]
        return said, client.close_code


async def refusal(connecting: connect) -> int | None:
    """The code that a newcomer is turned away with, after a handshake that worked and without a single frame."""
    async with connecting as client:
        frames, code = await ending(client)
    assert frames == []
    return code


def let_in(server: Server, room: str, password: str) -> str:
    """Sends the password on the room's page, as a browser does. Returns the browser's cookies. Blocks."""
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
