"""The echo over real sockets, on a real Daphne."""

import re

import pytest

MILLIONS = [pytest.param("x" * 1_000_000, id="text"), pytest.param(b"x" * 1_000_000, id="bytes")]


@pytest.mark.parametrize("frame", ["hello", "", "🦊", b"hello", b"", b"\0\xff", *MILLIONS])
async def test_a_frame_comes_back(daphne, frame):
    """Text as text and bytes as bytes, from nothing up to a million of them."""
    async with daphne.connect("/echo/") as client:
        await client.send(frame)
        assert await client.recv() == (b"Echo: " + frame if isinstance(frame, bytes) else f"Echo: {frame}")


async def test_thousands_in_a_row_come_back_in_order(daphne):
    """A client need not wait for an answer before it says more."""
    async with daphne.connect("/echo") as client:
        for number in range(3000):
            await client.send(str(number))
        for number in range(3000):
            assert await client.recv() == f"Echo: {number}"


async def test_a_goodbye_is_logged_once(daphne):
    """A client that closes leaves one line of ours, with the code and without the query."""
    mark = len(daphne.log)
    async with daphne.connect("/echo", {"pass": "hidden"}) as client:
        await client.close(3999)
    await daphne.wait_for_log(re.compile("/echo closed with 3999"), after=mark)
    assert "hidden" not in daphne.log


async def test_a_client_that_vanishes_is_no_error(daphne):
    """One whose connection just breaks leaves one line too, and the server goes on."""
    mark = len(daphne.log)
    client = await daphne.connect("/echo")
    await client.send("hello")
    client.transport.abort()
    await client.wait_closed()
    line = await daphne.wait_for_log(re.compile("/echo closed with 1006"), after=mark)
    assert " INFO " in line
    async with daphne.connect("/echo") as other:
        await other.send("still there?")
        assert await other.recv() == "Echo: still there?"
    assert "Traceback" not in daphne.log
