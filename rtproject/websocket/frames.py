"""One finished message on its way to clients, in the two forms that a connection may want it in."""

import struct

from rtproject.websocket.asgi_types import Message

TEXT, BINARY = 0x1, 0x2  # opcodes of RFC 6455 section 5.2
FIN = 0x80


class Frame:
    """A text or binary message, encoded once however many clients receive it. Nobody may change it.

    `message` is its ASGI form, `encoded` its bytes on the wire: a server does not mask its frames, so they are the same
    for all clients. Raises UnicodeEncodeError for text that is not Unicode.
    """

    __slots__ = ("encoded", "message")

    def __init__(self, content: str | bytes) -> None:
        if isinstance(content, str):
            self.message: Message = {"type": "websocket.send", "text": content}
            self.encoded = _encode(TEXT, content.encode())
        else:
            self.message = {"type": "websocket.send", "bytes": content}
            self.encoded = _encode(BINARY, content)

    def __len__(self) -> int:
        """In bytes."""
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
