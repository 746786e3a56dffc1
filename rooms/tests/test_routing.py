"""Which paths lead to a room."""

import pytest
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from rooms.routing import websocket_urlpatterns
from rooms.tests.support import PATIENCE
from rtproject.asgi import application as site
from rtproject.websocket.asgi_types import Receive, Scope, Send
from rtproject.websocket.close_codes import CloseCode


async def room_of(path: str) -> str:
    """The URL argument that the consumer gets for `path`; ValueError if no route leads to it."""
    asked: list[str] = []

    async def consumer(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["url_route"]["kwargs"]["room"])

    (pattern,) = websocket_urlpatterns
    router = URLRouter([type(pattern)(pattern.pattern, consumer)])
    await router({"type": "websocket", "path": path}, None, None)
    return asked[0]


PATHS = {"/ws/lobby": "lobby", "/ws/lobby/": "lobby", "/ws/a b": "a b", "/ws/ä": "ä", "/ws/a\n": "a\n"}


@pytest.mark.parametrize(("path", "room"), PATHS.items())
async def test_anything_may_stand_for_the_name(path: str, room: str) -> None:
    """With or without a slash at its end; what may be a name is judged where it gets its own code."""
    assert await room_of(path) == room


ELSEWHERE = ["/ws", "/ws/", "/ws//", "/ws/a/b", "/ws/a//", "/ws/a/\n", "/xws/a", "/ws/a/b/"]


@pytest.mark.parametrize("path", ELSEWHERE)
async def test_other_paths_lead_nowhere(path: str) -> None:
    """A room is one segment below /ws/, and the site closes what is not with 4004."""
    with pytest.raises(ValueError, match="No route found"):
        await room_of(path)
    communicator = WebsocketCommunicator(site, "/")
    communicator.scope["path"] = path
    assert await communicator.connect(PATIENCE) == (False, CloseCode.NOT_FOUND)
    await communicator.disconnect()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("application", [URLRouter(websocket_urlpatterns), site], ids=["routes", "site"])
@pytest.mark.parametrize("path", ["/ws/lobby", "/ws/lobby/", "/ws/LOBBY"])
async def test_the_routes_lead_into_a_room(application: object, path: str) -> None:
    """An unlisted room is entered on the routes and on the whole site."""
    communicator = WebsocketCommunicator(application, path)
    assert await communicator.connect(PATIENCE) == (True, None)
    assert (await communicator.receive_json_from(PATIENCE))["room"] == "lobby"
    await communicator.disconnect()
