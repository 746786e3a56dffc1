"""Handshakes and frames that no client would send, for `test_hostile_bytes`."""

import struct

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = ["Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade", KEY, "Sec-WebSocket-Version: 13"]


def request(*headers: str, target: str = "/ws/lobby", without: str = "") -> bytes:
    """The client's part of a handshake, with these headers besides the usual ones."""
    usual = [line for line in HANDSHAKE if not without or not line.startswith(without)]
    return "\r\n".join([f"GET {target} HTTP/1.1", *usual, *headers, "", ""]).encode("latin-1")


def frame(first: int, payload: bytes = b"", length: bytes | None = None, masked: int = 0x80) -> bytes:
    """A frame whose first byte and length are whatever the test says."""
    size = bytes([masked | len(payload)]) if length is None else bytes([masked | length[0]]) + length[1:]
    return bytes([first]) + size + (bytes(4) if masked else b"") + payload


HANDSHAKES = {
    "two hosts": request("Host: elsewhere.test"),
    "no host": request(without="Host"),
    "an empty host": request("Host:", without="Host"),
    "a host that is none": request("Host: [::1", "Origin: http://[::1", without="Host"),
    "two origins": request("Origin: http://127.0.0.1", "Origin: http://127.0.0.1"),
    "origins that are none": request("Origin: http://[", "Cookie: a"),
    "an origin with a port that is none": request("Origin: http://127.0.0.1:x"),
    "an origin that is not ASCII": request("Origin: http://\xe9\xff.test"),
    "a very long origin": request("Origin: http://" + "a" * 8000),
    "two keys": request("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="),
    "no key": request(without="Sec-WebSocket-Key"),
    "a key that is none": request("Sec-WebSocket-Key: \xff", without="Sec-WebSocket-Key"),
    "no version": request(without="Sec-WebSocket-Version"),
    "another version": request("Sec-WebSocket-Version: 99999999999", without="Sec-WebSocket-Version"),
    "two upgrades": request("Upgrade: h2c"),
    "no upgrade": request(without="Upgrade"),
    "no connection": request(without="Connection"),
    "cookies that are none": request("Cookie: =; ;;\xff=\xfe; sessionid", "Cookie: rtproject_guest=\xe9"),
    "a session that is none": request('Cookie: sessionid="\\000\\377aaaaaaaaaaaa"; csrftoken=\xff'),
    "a very long cookie": request("Cookie: sessionid=" + "a" * 8000),
    "a thousand cookies": request("Cookie: " + "; ".join(f"c{n}=x" for n in range(1000))),
    "addresses that are none": request("X-Forwarded-For: ,,;\xff, [::1, 1.2.3.4:99999999, " + "9" * 5000),
    "many forwarders": request(*["X-Forwarded-For: 192.0.2.1"] * 90),
    "a header without a name": request(": x"),
    "a header without a colon": request("nothing"),
    "a header on two lines": request("X-A: b\r\n c"),
    "a NUL in a header": request("X-A: \0"),
    "a subprotocol twice": request("Sec-WebSocket-Protocol: rtproject.v1, rtproject.v1"),
    "a thousand subprotocols": request("Sec-WebSocket-Protocol: " + ", ".join(f"p{n}" for n in range(1000))),
    "extensions that are none": request(
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=\xff"
    ),
    "deflate with absurd windows": request(
        "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=1"
    ),
    "a body of no length": request("Content-Length: -1"),
    "two lengths": request("Content-Length: 1", "Content-Length: 2"),
    "a target that is not ASCII": request(target="/ws/\xe9\xff"),
    "a query that is not ASCII": request(target="/ws/lobby?name=\xe9\xff&pass=\xff"),
    "a whole address": request(target="http://elsewhere.test/ws/lobby"),
    "no target": request(target=""),
    "a star": request(target="*"),
    "escapes that are none": request(target="/ws/%zz%ff%00%ed%a0%80?%"),
    "a target with two slashes": request(target="//ws//lobby"),
    "a fragment": request(target="/ws/lobby#x"),
    "another version of HTTP": b"GET /ws/lobby HTTP/9.9\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}

# To these a server may wait for more, or say nothing.
UNANSWERED = {
    "many headers": request(*[f"X-{n}: x" for n in range(600)]),
    "subprotocols that are none": request("Sec-WebSocket-Protocol: ,,\xff, ,\x01"),
    "a body": request("Content-Length: 5") + b"hello",
    "line feeds alone": request().replace(b"\r\n", b"\n"),
    "chunks that are none": request("Transfer-Encoding: chunked") + b"zz\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
    "an endless line": b"GET /" + b"a" * 100_000,
    "half a handshake": request()[:60],
    "nothing": b"",
}

UTF8 = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"abc\xe2\x82", b"\xe9"]
CODES = [0, 999, 1001, 1004, 1005, 1006, 1015, 1016, 2999, 3000, 4004, 5000, 65535]
FRAMES = {
    **{f"reserved bits {bits:x}": frame(bits | 0x81, b"hi") for bits in (0x10, 0x20, 0x40, 0x70)},
    **{f"opcode {opcode:x}": frame(0x80 | opcode, b"hi") for opcode in (3, 7, 11, 15)},
    **{f"no UTF-8: {text!r}": frame(0x81, text) for text in UTF8},
    **{f"no UTF-8 in fragments: {text!r}": frame(1, text[:1]) + frame(0x80, text[1:]) for text in UTF8},
    **{f"closed with {code}": frame(0x88, struct.pack("!H", code)) for code in CODES},
    "closed with half a code": frame(0x88, b"\x03"),
    "closed for no reason in UTF-8": frame(0x88, b"\x03\xe8\xff"),
    "closed twice, then something said": frame(0x88) * 2 + frame(0x81, b"hi"),
    "unmasked": frame(0x81, b"hi", masked=0),
    "an unmasked ping": frame(0x89, masked=0),
    "a continuation of nothing": frame(0x80, b"hi"),
    "a message within a message": frame(0x01, b"a") + frame(0x81, b"b"),
    "bytes that continue text": frame(0x01, b"a") + frame(0x82, b"b"),
    "fragments of no length": frame(0x01) + frame(0x00) * 6000,
    "a ping in fragments": frame(0x09, b"a") + frame(0x80, b"b"),
    "a ping of 126 bytes": frame(0x89, b"x" * 126, b"\x7e\x00\x7e"),
    "a close of 200 bytes": frame(0x88, b"\x03\xe8" + b"x" * 198, b"\x7e\x00\xc8"),
    "a ping of a billion bytes": frame(0x89, b"x", b"\x7f" + struct.pack("!Q", 2**30)),
    "a thousand pings": frame(0x89, b"x" * 125) * 1000,
    "a thousand pongs": frame(0x8A, b"x") * 1000,
    "more length than is needed": frame(0x81, b"hello", b"\x7e\x00\x05")
    + frame(0x81, b"a", b"\x7f" + bytes(7) + b"\x01"),
    "a length below zero": frame(0x81, b"x", b"\x7f" + b"\xff" * 8),
    "a length of 2**63 - 1": frame(0x82, b"x", b"\x7f\x7f" + b"\xff" * 7),
    "ten million bytes announced": frame(0x81, b"x", b"\x7f" + struct.pack("!Q", 10**7)),
    "two million bytes": frame(0x81, b"x" * 2_000_000, b"\x7f" + struct.pack("!Q", 2_000_000)),
    "half a frame": frame(0x81, b"hello")[:-2],
    "half a header": b"\x81",
    "HTTP again": request(),
    "zeros": bytes(4096),
}
