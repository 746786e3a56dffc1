"""Paths that lead to a room."""

import pytest
from channels.testing import WebsocketCommunicator

from rooms.tests.support import TIMEOUT
from rtproject.asgi import application
from rtproject.websocket.close_codes import CloseCode


async def code(path: str) -> int | str | None:
    """The code that the site denies a client at `path` with."""
    communicator = WebsocketCommunicator(application, "/")
    communicator.scope["path"] = path
    is_in, code = await communicator.connect(TIMEOUT)
    await communicator.disconnect()
    assert is_in is (code is None)
    return code


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/ws/lobby", "/ws/lobby/"])
async def test_a_room_has_a_path_with_or_without_a_slash_at_the_end(path):
    assert await code(path) is None


@pytest.mark.parametrize(
    "path",
    ["/ws", "/ws/", "/ws//", "/ws/a/b", "/ws/a//", "/ws/a/\n", "/xws/a", "/ws/a b", "/ws/ä", "/ws/a\n"],
)
async def test_other_paths_are_not_found(path):
    assert await code(path) == CloseCode.NOT_FOUND
