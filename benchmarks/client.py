"""One WebSocket of the load generator, with as little Python for a frame as possible."""

import base64
import os
import socket
import time
from collections.abc import Callable, Iterator

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA  # opcodes of RFC 6455
MARK = b"bench:"  # the beginning of each measured text; servers send it in no other frame
CLOCK_DIGITS = 20  # behind the mark: the time of sending, in nanoseconds of time.perf_counter_ns
SENDER_DIGITS = 3  # behind that: the sender's number
TEXT_BYTES = 64
CHUNK = 65536


def handshake(port: int, path: str) -> bytes:
    """The request that opens a WebSocket on a local port."""
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: http://127.0.0.1:{port}",  # the Channels tutorial denies connections without it
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
    )
    return "\r\n".join((*lines, "", "")).encode()


def encode(opcode: int, payload: bytes) -> bytes:
    """A client's frame of less than 65,536 bytes, with a masking key of zeros to save the work."""
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else bytes([0x80 | 126]) + length.to_bytes(2)
    return bytes([0x80 | opcode]) + size + bytes(4) + payload


def decode(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The complete frames in a server's `data`, each as (opcode, start, end) of its payload."""
    at, size = 0, len(data)
    while size - at >= 2:
        length, start = data[at + 1], at + 2
        if length >= 126:
            start += 2 if length == 126 else 8
            if start > size:
                return
            length = int.from_bytes(data[at + 2 : start])
        end = start + length
        if end > size:
            return
        yield data[at] & 0x0F, start, end
        at = end


def message(template: str, sender: int = 0, size: int = TEXT_BYTES) -> bytes:
    """A text frame stamped with the time and the sender.

    `template` has TEXT in place of the text, of `size` bytes, and may have ID in place of a unique id.
    """
    stamp = f"{time.perf_counter_ns():0{CLOCK_DIGITS}d}{sender:0{SENDER_DIGITS}d}"
    text = (MARK.decode() + stamp).ljust(size, ".")
    return encode(TEXT, template.replace("TEXT", text).replace("ID", stamp).encode())


class Client:
    """A WebSocket that counts the measured messages it receives.

    It reads only in `read`, which answers pings as well. With `greeted` the connection is `open` after the server's
    first message, otherwise after the handshake. `on_message` is called for each measured message, with the data and
    the position of the time of sending.
    """

    def __init__(
        self, port: int, path: str, source: str, greeted: bool, receive_buffer: int | None = None
    ) -> None:
        self.greeted = greeted
        self.upgraded = self.open = self.closed = False
        self.received = 0
        self.rest = b""
        self.outgoing = bytearray()
        self.on_message: Callable[[bytes, int], None] | None = None
        self.sock = socket.socket()
        if receive_buffer is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.bind((source, 0))
        self.sock.connect(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.sendall(handshake(port, path))
        self.sock.setblocking(False)

    def read(self) -> int:
        """Handle what has arrived. Returns the number of measured messages in it."""
        try:
            data = self.sock.recv(CHUNK)
        except BlockingIOError:
            return 0
        except ConnectionError:
            data = b""
        if not data:
            self.closed = True
            return 0
        if self.rest:
            data = self.rest + data
        return self._receive(data) if self.upgraded else self._upgrade(data)

    def send(self, frame: bytes = b"") -> None:
        """Send a frame behind what is left of earlier ones, as much as the server takes now."""
        self.outgoing += frame
        if not self.outgoing or self.closed:
            return
        try:
            del self.outgoing[: self.sock.send(self.outgoing)]
        except BlockingIOError:
            return
        except ConnectionError:
            self.closed = True

    def _upgrade(self, data: bytes) -> int:
        head, found, data = data.partition(b"\r\n\r\n")
        if not found:
            self.rest = head
            return 0
        if not head.startswith(b"HTTP/1.1 101"):
            self.closed = True
            return 0
        self.upgraded = True
        self.open = not self.greeted
        return self._receive(data)

    def _receive(self, data: bytes) -> int:
        found = end = 0
        for opcode, start, end in decode(data):
            if opcode == TEXT:
                self.open = True
                mark = data.find(MARK, start, end)
                if mark >= 0:
                    found += 1
                    if self.on_message is not None:
                        self.on_message(data, mark + len(MARK))
            elif opcode == PING:
                self.send(encode(PONG, data[start:end]))
            elif opcode == CLOSE:
                self.closed = True
        self.rest = data[end:]
        self.received += found
        return found
