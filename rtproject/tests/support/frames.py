"""What a client of a room hears."""

import json

from websockets.asyncio.client import ClientConnection

PRESENCE = {"joined", "left", "count"}  # frames that tell who is in a room


async def next_frame(client: ClientConnection) -> str:
    """The next frame, whoever came or went meanwhile."""
    while json.loads(frame := str(await client.recv()))["type"] in PRESENCE:
        pass
    return frame
