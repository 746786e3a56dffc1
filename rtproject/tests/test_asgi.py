"""The composition as a caller inside the process sees it."""

from typing import Any

import pytest
from channels.testing import WebsocketCommunicator

from pulse.sampling.worker import current_embedded
from rtproject.asgi import application


@pytest.fixture(autouse=True)
def _without_pulse(settings):
    settings.PULSE_EMBEDDED = False


@pytest.mark.parametrize("path", ["/", "/unknown", "/ws/", "/stats/\n", "//echo", "///ws/lobby"])
async def test_an_unknown_path_is_not_found(path):
    """A caller inside the process sees the code, without an accept."""
    communicator = WebsocketCommunicator(application, "/")
    communicator.scope["path"] = path  # the communicator itself would strip some of it
    assert await communicator.connect() == (False, 4004)
    await communicator.disconnect()


async def test_a_foreign_page_is_not_accepted():
    """The origin is checked before anything else."""
    headers = [(b"host", b"testserver"), (b"origin", b"null")]
    communicator = WebsocketCommunicator(application, "/echo", headers=headers)
    accepted, _ = await communicator.connect()
    assert not accepted


async def test_the_pulse_starts_with_the_first_connection(settings):
    """The import of the application starts nothing, and later connections start no other."""
    settings.PULSE_EMBEDDED = True
    assert current_embedded().task is None
    tasks: list[Any] = []
    for _ in range(2):
        communicator = WebsocketCommunicator(application, "/unknown")
        await communicator.connect()
        await communicator.disconnect()
        tasks.append(current_embedded().task)
    assert tasks[0] is tasks[1]
    assert not tasks[0].done()
    tasks[0].cancel()
