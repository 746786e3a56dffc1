"""WebSocket frames as a client writes and reads them (RFC 6455 section 5.2), without looking into what they carry."""

from collections.abc import Iterator

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FIN, MASKED = 0x80, 0x80
NO_MASK = bytes(4)  # a masking key of zeros is valid and spares the generator the masking


def encode(opcode: int, payload: bytes) -> bytes:
    """A client's frame. `payload` is under 65,536 bytes; the generator sends nothing larger."""
    head = bytes([FIN | opcode])
    if len(payload) < 126:
        return head + bytes([MASKED | len(payload)]) + NO_MASK + payload
    return head + bytes([MASKED | 126]) + len(payload).to_bytes(2) + NO_MASK + payload


def complete(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The complete frames of a server at the start of `data`, each as (opcode, start, end).

    The payload is `data[start:end]`; what follows the last one's `end` is the rest. Plain tuples: a class of their own
    would cost the generator more than the parsing does.
    """
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
