"""Bytes that no client would send: they cost the sender its connection, and nothing else."""

import json
import socket
import struct
from collections.abc import Iterator
from itertools import cycle, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.sync.client import connect

from rtproject.tests.support.fixtures import NewSite
from rtproject.tests.support.hostile import CODES, FRAMES, HANDSHAKES, UNANSWERED, request
from rtproject.tests.support.process import MIB, Memory
from rtproject.tests.support.servers import Daphne, Server, Uvicorn

TIMEOUT = 60  # seconds for one answer
WARM_UP, TRIES = 300, 900  # connections until the memory allocator has what it needs, and those that count
MOST_MEMORY = 16 * MIB  # what these may leave; each that stayed open would be 24 KiB or more
ANSWERS = {101, 400, 403, 404, 405, 413, 414, 426, 431, 501, 505}
CLOSE_CODES = {1000, 1002, 1003, 1007, 1009, 1010, 4003, 4004, 4101, 4103}

steady = settings(derandomize=True, deadline=None, database=None, max_examples=100)


def exchange(server: Server, opening: bytes, rest: bytes | None = None, reset: bool = False) -> bytes:
    """Return the answers to `opening`, and to `rest` after the first; then hang up.

    Without `rest` hang up at once; no answer is needed.
    """
    answer = b""
    with socket.create_connection(("127.0.0.1", server.port), TIMEOUT) as client:
        try:
            client.sendall(opening)
            if rest is not None:
                while b"\r\n\r\n" not in answer and (more := client.recv(65536)):
                    answer += more
                client.sendall(rest)
            if reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return answer
            client.shutdown(socket.SHUT_WR)
            while more := client.recv(65536):
                answer += more
        except TimeoutError:
            raise
        except OSError:  # the server has hung up before us
            pass
    return answer


def check_answer(answer: bytes) -> None:
    """Allow no answer, or HTTP without a server error, and valid frames after an upgrade."""
    if not answer:
        return
    head, _, frames = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    assert status in ANSWERS, head
    while status == 101 and frames:
        opcode, payload, frames = next_frame(frames)
        if opcode == 0x81:
            assert json.loads(payload)["type"] in (
                "welcome",
                "message",
                "error",
                "pong",
                "joined",
                "left",
                "count",
            )
        elif opcode == 0x88:
            assert not payload or int.from_bytes(payload[:2]) in {*CLOSE_CODES, *CODES}
        else:
            assert opcode == 0x8A


def next_frame(data: bytes) -> tuple[int, bytes, bytes]:
    """Return opcode and payload of the first frame, and the bytes behind it."""
    size, start = data[1], 2
    if size >= 126:
        start = 4 if size == 126 else 10
        size = int.from_bytes(data[2:start])
    return data[0], data[start : start + size], data[start + size :]


@pytest.fixture(scope="module", params=[Daphne, Uvicorn])
def server(request: pytest.FixtureRequest, new_site: NewSite) -> Iterator[Server]:
    """A server without limits."""
    server: Server = request.param(new_site(ROOMS_MESSAGE_RATE=0, WEBSOCKETS_PER_ADDRESS=0))
    yield server
    server.terminate()


@pytest.fixture(autouse=True)
def _unharmed(server: Server) -> Iterator[None]:
    """After each test another client is served, and the log has no traceback."""
    mark = len(server.log)
    yield
    for path in ("/echo", "/ws/lobby"):
        with connect(server.ws_url(path), proxy=None, max_queue=None) as client:
            client.send('{"type": "ping"}')
            client.recv(TIMEOUT)
    assert "Traceback" not in server.log[mark:]


def test_an_odd_handshake_is_answered_or_dropped(server: Server) -> None:
    """No request is an error of the server's."""
    for name, opening in HANDSHAKES.items():
        answer = exchange(server, opening, b"")
        assert answer, name
        check_answer(answer)
    for opening in UNANSWERED.values():
        check_answer(exchange(server, opening))


@pytest.mark.parametrize("path", ["/ws/lobby", "/echo", "/stats", "/unknown"])
def test_an_odd_frame_is_answered_or_ends_its_connection(server: Server, path: str) -> None:
    """The end may have a close code or none, also after a reset by the client."""
    for data in FRAMES.values():
        answer = exchange(server, request(target=path), data)
        if path == "/ws/lobby":
            check_answer(answer)
        exchange(server, request(target=path), data, reset=True)


@steady
@given(st.binary(max_size=300))
def test_random_bytes_do_no_harm(server: Server, data: bytes) -> None:
    """They are sent as a request, and as frames."""
    check_answer(exchange(server, data))
    check_answer(exchange(server, request(), data))


@pytest.mark.slow
def test_nothing_is_left_of_them(server: Server) -> None:
    """No memory stays behind, however often each is tried."""
    tries = [
        *((opening, b"") for opening in HANDSHAKES.values()),
        *((request(), data) for data in FRAMES.values()),
    ]
    for number, (opening, data) in enumerate(islice(cycle(tries), WARM_UP + TRIES)):
        if number == WARM_UP:
            memory = Memory(server.pid)
        exchange(server, opening, data, reset=number % 3 == 0)
    memory.sample()
    assert memory.peak < MOST_MEMORY
