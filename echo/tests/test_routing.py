"""The paths of the echo."""

import pytest
from channels.testing import WebsocketCommunicator

from rtproject.asgi import application
from rtproject.websocket.close_codes import CloseCode

TIMEOUT = 60  # seconds for an answer


@pytest.mark.parametrize(
    ("path", "found"),
    [(path, True) for path in ("/echo", "/echo/")]
    + [(path, False) for path in ("/echo//", "/echoes", "/echo/more", "/Echo", "/x/echo", "/echo\n", "/")],
)
async def test_only_the_slash_at_the_end_is_optional(settings, path, found):
    """The site closes all other paths with 4004."""
    settings.PULSE_EMBEDDED = False
    client = WebsocketCommunicator(application, "/")
    client.scope["path"] = path
    assert await client.connect(TIMEOUT) == ((True, None) if found else (False, CloseCode.NOT_FOUND))
    if found:
        await client.send_to("hello")
        assert await client.receive_from(TIMEOUT) == "Echo: hello"
    await client.disconnect()
