"""A chat and an echo on picows, a WebSocket protocol in Cython: `python -m benchmarks.baselines.picows_chat PORT`."""

import asyncio
import sys
from collections import defaultdict

from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

rooms: defaultdict[bytes, list[WSTransport]] = defaultdict(list)


class Member(WSListener):
    """A connection to a room, which sends each message to everybody in it."""

    def __init__(self, path: bytes) -> None:
        self.members = rooms[path]

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.members.append(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
            return
        text = frame.get_payload_as_bytes()
        for member in self.members:
            member.send(WSMsgType.TEXT, text)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.members.remove(transport)


class Echo(WSListener):
    """Sends back each message."""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
        else:
            transport.send(WSMsgType.TEXT, b"Echo: " + frame.get_payload_as_bytes())


def listener(request: WSUpgradeRequest) -> WSListener:
    """Return what handles a new connection."""
    return Echo() if request.path == b"/echo" else Member(request.path)


async def main() -> None:
    """Serve until the process is killed."""
    server = await ws_create_server(listener, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
