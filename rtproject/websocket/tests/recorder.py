"""A consumer that tests talk to."""

from rtproject.websocket.consumer import WebsocketConsumer
from rtproject.websocket.tests.helpers import Connection


class Recorder(WebsocketConsumer):
    """Accepts, joins one group, echoes each frame, and keeps the codes that `disconnect` was called with."""

    ended: list[int]
    newest: "Recorder"

    def __init__(self):
        super().__init__()
        type(self).newest = self
        type(self).ended = self.codes = []

    async def connect(self):
        await self.join("group")
        await self.accept()

    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data=text_data, bytes_data=bytes_data)

    async def disconnect(self, code):
        self.codes.append(code)


def connection(kind, *texts, **scope):
    """A connection to a consumer of class `kind`, whose client says `texts`."""
    return Connection(kind.as_asgi(), *texts, **scope)
