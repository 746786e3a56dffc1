"""Encoded messages for clients, as bytes for a transport and as ASGI messages."""

import struct
from collections.abc import Sequence
from typing import Self

from rtproject.websocket.asgi_types import AsgiMessage

TEXT, BINARY = 0x1, 0x2  # opcodes of RFC 6455 section 5.2
FIN = 0x80


class Frame:
    """An immutable text or binary message, encoded once for all the clients that receive it.

    `messages` is its ASGI form, `encoded` its bytes on the network: a server does not mask its frames, so they
    are the same for all clients. Raises UnicodeEncodeError for text that is not Unicode.
    """

    __slots__ = ("encoded", "messages")

    def __init__(self, content: str | bytes) -> None:
        message: AsgiMessage
        if isinstance(content, str):
            message = {"type": "websocket.send", "text": content}
            self.encoded = _encode(TEXT, content.encode())
        else:
            message = {"type": "websocket.send", "bytes": content}
            self.encoded = _encode(BINARY, content)
        self.messages: tuple[AsgiMessage, ...] = (message,)

    @classmethod
    def joined(cls, frames: Sequence[Self]) -> Self:
        """Several frames that are written as one: a client still receives each message by itself."""
        if len(frames) == 1:
            return frames[0]
        joined = cls.__new__(cls)
        joined.encoded = b"".join([frame.encoded for frame in frames])
        joined.messages = tuple(message for frame in frames for message in frame.messages)
        return joined

    def __len__(self) -> int:
        """The length in bytes."""
        return len(self.encoded)


def _encode(opcode: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        header = struct.pack("!BB", FIN | opcode, length)
    elif length < 65536:
        header = struct.pack("!BBH", FIN | opcode, 126, length)
    else:
        header = struct.pack("!BBQ", FIN | opcode, 127, length)
    return header + payload
