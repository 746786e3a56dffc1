"""A consumer that tests talk to."""

from rtproject.websocket.consumer import WebsocketConsumer
from rtproject.websocket.tests.helpers import Connection


class Recorder(WebsocketConsumer):
    """Accepts, joins one group, says back what it hears, and remembers how it ended."""

    ended: list[int]

    def __init__(self):
        super().__init__()
        type(self).ended = self.codes = []

    async def connect(self):
        await self.join("group")
        await self.accept()

    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data=text_data, bytes_data=bytes_data)

    async def disconnect(self, code):
        self.codes.append(code)


def connection(kind, **scope):
    """A connection to a consumer of class `kind`."""
    return Connection(kind.as_asgi(), **scope)
