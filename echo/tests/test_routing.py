"""Which paths lead to the echo."""

import pytest
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from echo.routing import websocket_urlpatterns
from rtproject.asgi import application as site
from rtproject.websocket.close_codes import CloseCode

TIMEOUT = 20  # seconds until a test gives up waiting for an answer


@pytest.fixture(autouse=True)
def _no_pulse(settings):
    settings.PULSE_EMBEDDED = False


@pytest.mark.parametrize("application", [URLRouter(websocket_urlpatterns), site], ids=["routes", "site"])
@pytest.mark.parametrize("path", ["/echo", "/echo/", "/echo?any=thing"])
async def test_the_slash_at_the_end_is_optional(application, path):
    """Both ways of writing it are the echo."""
    client = WebsocketCommunicator(application, path)
    assert await client.connect(TIMEOUT) == (True, None)
    await client.send_to("hello")
    assert await client.receive_from(TIMEOUT) == "Echo: hello"
    await client.disconnect()


@pytest.mark.parametrize("path", ["/echo//", "/echoes", "/echo/more", "/Echo", "/x/echo", "/echo\n", "/"])
async def test_nothing_else_is_the_echo(path):
    """The site closes what it does not know with 4004."""
    client = WebsocketCommunicator(site, "/")
    client.scope["path"] = path
    assert await client.connect(TIMEOUT) == (False, CloseCode.NOT_FOUND)
    await client.disconnect()
