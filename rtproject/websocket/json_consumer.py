"""The base of consumers whose frames are JSON."""

import json
from typing import Any

from rtproject.websocket.consumer import WebsocketConsumer
from rtproject.websocket.exceptions import ClientError
from rtproject.websocket.plain_methods import for_both, settled


class JsonWebsocketConsumer(WebsocketConsumer):
    """A WebsocketConsumer that decodes and encodes JSON. Text that is none is a ClientError, bytes are an error."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Decode a frame for `receive_json`."""
        if not text_data:
            raise ValueError("No text section for incoming WebSocket frame!")
        try:
            content = await settled(self.decode_json(text_data))
        except (ValueError, RecursionError) as error:
            raise ClientError("bad_frame", "This frame is not JSON.") from error
        await self.receive_json(content)

    async def receive_json(self, content: Any) -> None:
        """Override: handle one frame of the client."""

    @for_both
    async def send_json(self, content: Any, close: bool | int = False) -> None:
        """Send `content` to this client, and `close` behind it."""
        await self.send(text_data=await settled(self.encode_json(content)), close=close)

    @classmethod
    @for_both
    async def decode_json(cls, text_data: str) -> Any:
        """Override for another format, with a function or a coroutine function. May raise ValueError."""
        return json.loads(text_data)

    @classmethod
    @for_both
    async def encode_json(cls, content: Any) -> str:
        """Override for another format, as `decode_json`."""
        return json.dumps(content)
