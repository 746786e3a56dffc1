"""Frames that a client of a room receives."""

import json

from websockets.asyncio.client import ClientConnection

PRESENCE = {"joined", "left", "count"}  # frames about the members of a room


async def next_frame(client: ClientConnection) -> str:
    """Return the next frame that is not about members."""
    while json.loads(frame := str(await client.recv()))["type"] in PRESENCE:
        pass
    return frame
