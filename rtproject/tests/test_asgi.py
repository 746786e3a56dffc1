"""The composition as a caller inside the process sees it."""

from typing import Any

import pytest
from channels.testing import WebsocketCommunicator

from pulse.sampling.worker import current_embedded
from rtproject.asgi import application


@pytest.fixture(autouse=True)
def _without_pulse(settings):
    settings.PULSE_EMBEDDED = False


@pytest.mark.parametrize("path", ["/echo", "/echo/"])
async def test_an_endpoint_answers(path):
    """Routes are found with and without a slash at the end."""
    communicator = WebsocketCommunicator(application, path)
    assert await communicator.connect() == (True, None)
    await communicator.send_to(text_data="hello")
    assert await communicator.receive_from() == "Echo: hello"
    await communicator.disconnect()


@pytest.mark.parametrize(
    "path", ["/", "/nowhere", "/echo/more", "/ws/", "/echo\n", "/stats/\n", "//echo", "///ws/lobby"]
)
async def test_an_unknown_path_is_not_found(path):
    """The code is visible to a caller inside the process too, without an accept."""
    communicator = WebsocketCommunicator(application, "/")
    communicator.scope["path"] = (
        path  # from which the communicator itself would take slashes and line live_rooms
    )
    assert await communicator.connect() == (False, 4004)
    await communicator.disconnect()


async def test_a_foreign_page_is_not_accepted():
    """The origin is looked at before anything else."""
    headers = [(b"host", b"testserver"), (b"origin", b"null")]
    communicator = WebsocketCommunicator(application, "/echo", headers=headers)
    accepted, _ = await communicator.connect()
    assert not accepted


async def test_the_pulse_starts_with_the_first_connection(settings):
    """Importing the application has started nothing; the first connection does, and the second starts no other."""
    settings.PULSE_EMBEDDED = True
    assert current_embedded().task is None
    tasks: list[Any] = []
    for _ in range(2):
        communicator = WebsocketCommunicator(application, "/nowhere")
        await communicator.connect()
        await communicator.disconnect()
        tasks.append(current_embedded().task)
    assert tasks[0] is tasks[1]
    assert not tasks[0].done()
    tasks[0].cancel()
