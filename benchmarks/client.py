"""One connection of the load generator: as little Python for each frame as will count it for certain."""

import base64
import os
import socket
import time
from collections.abc import Callable

from benchmarks import frames

MARK = b"bench:"  # begins the text of each measured message, and nothing else that a server sends
CLOCK_DIGITS = 20  # after the mark stands the time of sending, in nanoseconds of time.perf_counter_ns
SPEAKER_DIGITS = 3  # and after that the number of who said it
CHUNK = 65536


def message(template: str, size: int, speaker: int = 0) -> bytes:
    """A text frame that is stamped with the time and the speaker.

    `size` is the text's, in bytes. `template` has TEXT where it goes, and maybe ID where a name for it goes, which no
    other message has.
    """
    stamp = f"{time.perf_counter_ns():0{CLOCK_DIGITS}d}{speaker:0{SPEAKER_DIGITS}d}"
    text = (MARK.decode() + stamp).ljust(size, ".")
    return frames.encode(frames.TEXT, template.replace("TEXT", text).replace("ID", stamp).encode())


class Client:
    """A WebSocket that counts the messages it receives, answers pings, and reads when it is told that it can.

    `greeted` says that the server speaks first: then the client is in when it heard something, else with the 101.
    `heard` is called for each measured message, with the data and where in it the time of sending begins.
    """

    __slots__ = ("closed", "greeted", "heard", "inside", "outgoing", "received", "rest", "sock", "upgraded")

    def __init__(self, port: int, path: str, source: str, greeted: bool, receive_buffer: int | None) -> None:
        self.greeted = greeted
        self.upgraded = self.inside = self.closed = False
        self.received = 0
        self.rest = b""
        self.outgoing = bytearray()
        self.heard: Callable[[Client, bytes, int], None] | None = None
        self.sock = socket.socket()
        if receive_buffer is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.sock.bind((source, 0))
        self.sock.connect(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.sendall(_handshake(port, path))
        self.sock.setblocking(False)

    def read(self) -> int:
        """Takes in what has arrived. Returns how many measured messages were in it."""
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
        return self._take(data) if self.upgraded else self._upgrade(data)

    def send(self, frame: bytes) -> None:
        """Sends as much as the server takes; what it does not take goes before the next frame, see `flush`."""
        self.outgoing += frame
        self.flush()

    def flush(self) -> None:
        """Tries again to send what waits."""
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
        self.inside = not self.greeted
        return self._take(data)

    def _take(self, data: bytes) -> int:
        found = end = 0
        for opcode, start, end in frames.complete(data):
            if opcode != frames.TEXT:
                self._control(opcode, data[start:end])
                continue
            self.inside = True
            mark = data.find(MARK, start, end)
            if mark >= 0:
                found += 1
                if self.heard is not None:
                    self.heard(self, data, mark + len(MARK))
        self.rest = data[end:]
        self.received += found
        return found

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == frames.PING:
            self.send(frames.encode(frames.PONG, payload))
        elif opcode == frames.CLOSE:
            self.closed = True


def _handshake(port: int, path: str) -> bytes:
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: http://127.0.0.1:{port}",  # what a browser sends; the Channels tutorial turns others away
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
    )
    return "\r\n".join((*lines, "", "")).encode()
