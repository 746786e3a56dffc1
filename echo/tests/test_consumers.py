"""The answers of the echo, and its page."""

import pytest
from channels.testing import WebsocketCommunicator

from echo.consumers import EchoConsumer
from echo.ui_text import WORDS

TIMEOUT = 60  # seconds for one frame
TEXTS = ["hello", "", " ", "Echo: hello", "\0", "ä 🦊 \u2028", '{"type": "ping"}', "x" * 1_000_000]
BYTES = [b"hello", b"", b"\0\xff", b"x" * 1_000_000]


async def test_text_comes_back_as_text_and_bytes_as_bytes():
    """They come back in order, empty ones too; ASGI allows both keys if one is None."""
    client = WebsocketCommunicator(EchoConsumer.as_asgi(), "/echo")
    assert await client.connect(TIMEOUT) == (True, None)
    for text in TEXTS:
        await client.send_input({"type": "websocket.receive", "text": text})
        await client.send_input({"type": "websocket.receive", "text": text, "bytes": None})
    for text in TEXTS:
        for _ in range(2):
            assert await client.receive_output(TIMEOUT) == {"type": "websocket.send", "text": f"Echo: {text}"}
    for data in BYTES:
        await client.send_input({"type": "websocket.receive", "bytes": data, "text": None})
        expected = {"type": "websocket.send", "bytes": b"Echo: " + data}
        assert await client.receive_output(TIMEOUT) == expected
    await client.disconnect(timeout=TIMEOUT)


def test_the_page_has_what_its_script_needs(client):
    """It has forms, a place for frames and all text, and no inline script or style."""
    answer = client.get("/echo/")
    assert answer.status_code == 200
    page = answer.content.decode()
    for name in ("send-form", "close-form", "frames", "words", "connection"):
        assert f'id="{name}"' in page
    assert all(f'"{name}": ' in page for name in WORDS)
    assert "echo/echo.js" in page
    assert "onclick=" not in page
    assert "style=" not in page


@pytest.mark.parametrize(("method", "path", "status"), [("post", "/echo/", 405), ("get", "/echo", 301)])
def test_the_page_is_only_read(client, method, path, status):
    """A POST is not allowed, and an address without its slash is redirected."""
    assert getattr(client, method)(path).status_code == status
