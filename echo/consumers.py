"""The consumer of `/echo`: a WebSocket that sends back what it receives."""

from rtproject.websocket.consumer import WebsocketConsumer


class EchoConsumer(WebsocketConsumer):
    """Text `t` comes back as text `Echo: t`, bytes `b` as bytes `Echo: b`."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if bytes_data is None:
            await self.send(text_data=f"Echo: {text_data}")
        else:
            await self.send(bytes_data=b"Echo: " + bytes_data)
