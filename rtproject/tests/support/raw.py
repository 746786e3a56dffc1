"""A WebSocket client on a bare socket, which reads and writes only when its test says so."""

import asyncio
import base64
import os
import socket
import struct
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from rtproject.tests.support.servers import Server

TIMEOUT = 60.0  # seconds: far longer than anything takes
RESET = "reset"  # how a connection ends without a close frame
PIECE = 64 * 1024  # bytes that are handed to the socket at a time


def frame(payload: bytes, opcode: Opcode = Opcode.BINARY) -> bytes:
    """Encode a client's frame. Its masking key is zero, which leaves the payload as it is."""
    length = len(payload)
    if length < 126:
        header = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
    elif length < 65536:
        header = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
    else:
        header = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
    return header + bytes(4) + payload


class RawClient:
    """A connection that counts what it has sent and got.

    `sent` are the bytes that the kernel has taken after the handshake, `pongs` the answers to our pings.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._parser = ClientProtocol(parse_uri("ws://somewhere.test"), state=OPEN, max_size=None)
        self._arrived: list[tuple[Opcode, bytes]] = []
        self.sent = self.pongs = 0

    async def shake_hands(self, host: str, path: str) -> None:
        """The client's part of RFC 6455 section 4.1."""
        key = base64.b64encode(os.urandom(16)).decode()
        request = [
            f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", "",
        ]  # fmt: skip
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self._socket, "\r\n".join(request).encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += await loop.sock_recv(self._socket, PIECE)
        head, _, rest = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        self._parse(rest)

    async def send(self, *payloads: bytes) -> None:
        """Send a binary frame for each of `payloads`, as fast as the operating system takes them."""
        await self.send_frames(map(frame, payloads))

    async def send_frames(self, frames: Iterable[bytes]) -> None:
        """Send finished frames. Raises OSError when the connection is gone."""
        loop = asyncio.get_running_loop()
        for data in frames:
            for start in range(0, len(data), PIECE):
                piece = data[start : start + PIECE]
                await loop.sock_sendall(self._socket, piece)
                self.sent += len(piece)

    async def next(self) -> bytes | int | str:
        """Return the payload of the next frame; at the end the close code, or RESET."""
        async with asyncio.timeout(TIMEOUT):
            while not self._arrived:
                try:
                    data = await asyncio.get_running_loop().sock_recv(self._socket, 4 * PIECE)
                except OSError:
                    return RESET
                if not data:
                    return RESET
                self._parse(data)
        opcode, payload = self._arrived.pop(0)
        return int(struct.unpack("!H", payload[:2])[0]) if opcode is Opcode.CLOSE else payload

    async def rest(self) -> tuple[list[bytes], int | str]:
        """All frames that still come, and how it ends then."""
        frames: list[bytes] = []
        while isinstance(arrived := await self.next(), bytes):
            frames.append(arrived)
        return frames, arrived

    def _parse(self, data: bytes) -> None:
        self._parser.receive_data(data)
        for event in self._parser.events_received():
            self.pongs += event.opcode is Opcode.PONG  # type: ignore[union-attr]
            if event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CLOSE):  # type: ignore[union-attr]
                self._arrived.append((event.opcode, bytes(event.data)))  # type: ignore[union-attr]


@asynccontextmanager
async def raw_client(server: Server, path: str, narrow: bool = False) -> AsyncIterator[RawClient]:
    """A client on `path`, cut off at the end; with `narrow` its buffers are small."""
    with socket.socket() as connected:
        connected.setblocking(False)
        if narrow:  # small segments make the server's buffer in the operating system small as well
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1000)
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        await asyncio.get_running_loop().sock_connect(connected, ("127.0.0.1", server.port))
        client = RawClient(connected)
        await client.shake_hands(f"127.0.0.1:{server.port}", path)
        yield client
