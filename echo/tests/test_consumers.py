"""What comes back from the echo."""

import pytest
from channels.testing import WebsocketCommunicator

from echo.consumers import EchoConsumer
from rtproject.asgi import application as site

TIMEOUT = 20  # seconds until a test gives up waiting for a frame

APPLICATIONS = {"consumer": EchoConsumer.as_asgi(), "site": site}
pytestmark = [
    pytest.mark.parametrize("application", APPLICATIONS.values(), ids=APPLICATIONS.keys()),
    pytest.mark.django_db,
]


@pytest.fixture(autouse=True)
def _no_pulse(settings):
    settings.PULSE_EMBEDDED = False


@pytest.fixture
async def client(application):
    """A client that is connected."""
    communicator = WebsocketCommunicator(application, "/echo")
    assert await communicator.connect(TIMEOUT) == (True, None)
    yield communicator
    await communicator.disconnect(timeout=TIMEOUT)


MILLION = 1_000_000
TEXTS = ["hello", "", " ", "Echo: hello", "\0", "ä 🦊 \u2028", '{"type": "ping"}']


@pytest.mark.parametrize("text", [*TEXTS, pytest.param("x" * MILLION, id="million")])
async def test_text_comes_back_as_text(client, text):
    """Text `t` is answered with text `Echo: t`, the empty one too."""
    await client.send_input({"type": "websocket.receive", "text": text})
    assert await client.receive_output(TIMEOUT) == {"type": "websocket.send", "text": f"Echo: {text}"}


@pytest.mark.parametrize("data", [b"hello", b"", b"\0\xff", pytest.param(b"x" * MILLION, id="million")])
async def test_bytes_come_back_as_bytes(client, data):
    """Bytes `b` are answered with bytes `Echo: b`, whatever is in them."""
    await client.send_input({"type": "websocket.receive", "bytes": data})
    assert await client.receive_output(TIMEOUT) == {"type": "websocket.send", "bytes": b"Echo: " + data}


async def test_servers_may_name_the_kind_that_is_not_there(client):
    """ASGI allows a frame with both keys, one of which is None."""
    await client.send_input({"type": "websocket.receive", "text": None, "bytes": b""})
    await client.send_input({"type": "websocket.receive", "text": "", "bytes": None})
    assert await client.receive_from(TIMEOUT) == b"Echo: "
    assert await client.receive_from(TIMEOUT) == "Echo: "


async def test_answers_come_in_order(client):
    """Thousands of frames in a row are answered one by one."""
    for number in range(3000):
        await client.send_input({"type": "websocket.receive", "text": str(number)})
    for number in range(3000):
        assert await client.receive_from(TIMEOUT) == f"Echo: {number}"
