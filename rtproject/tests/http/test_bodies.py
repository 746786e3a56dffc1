"""Request bodies over real sockets: their limit, and that nothing below Django parses them."""

import asyncio
import re
from contextlib import suppress

import pytest

from rtproject.tests.support.process import MIB, TIMEOUT, Memory
from rtproject.tests.support.servers import Daphne, Uvicorn

LIMIT = 100_000
FORM = "application/x-www-form-urlencoded"
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
PATHS = ["/", "/unknown", "/admin/login/", "/static/rtproject/style.css"]


@pytest.fixture(scope="module", params=[Daphne, Uvicorn])
def server(request, new_site):
    """A server that takes bodies of LIMIT bytes."""
    started = request.param(new_site(MAX_BODY=LIMIT, WEBSOCKETS_PER_ADDRESS=0))
    yield started
    started.terminate()


class Exchange:
    """One request, which the test sends piece by piece."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def begin(cls, server, path, *headers, method="POST"):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        lines = (f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", *headers, "", "")
        writer.write("\r\n".join(lines).encode())
        return cls(reader, writer)

    async def status(self):
        """The status of the answer."""
        async with asyncio.timeout(TIMEOUT):
            return int((await self.reader.readline()).split()[1])

    async def is_closed(self):
        """Read until the end, which may be a reset."""
        async with asyncio.timeout(TIMEOUT):
            with suppress(ConnectionError):
                await self.reader.read()
        self.writer.close()


async def post(server, path, body, kind=FORM, **options):
    """The status of a whole body."""
    headers = (
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        f"Cookie: csrftoken={'a' * 32}",
        "Connection: close",
    )
    exchange = await Exchange.begin(server, path, *headers, **options)
    exchange.writer.write(body)
    status = await exchange.status()
    await exchange.is_closed()
    return status


def find(pattern, text):
    """The group of `pattern` in `text`."""
    found = re.search(pattern, text)
    assert found is not None
    return found[1]


def chunks(body, size):
    """`body` in chunks of `size` bytes."""
    pieces = (body[at : at + size] for at in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "BREW"])
@pytest.mark.parametrize("expect", [(), ("Expect: 100-continue",)], ids=["at once", "asking"])
async def test_a_body_that_is_announced_as_too_large_is_refused_before_it_is_sent(
    server, path, method, expect
):
    """Also instead of 100, and the connection ends."""
    length = f"Content-Length: {LIMIT + 1}"
    exchange = await Exchange.begin(server, path, length, *expect, method=method)
    assert await exchange.status() == 413
    await exchange.is_closed()
    await server.wait_for_log(f"{path} refused with HTTP 413")


@pytest.mark.parametrize("size", [1, 1000, 50_000])
async def test_a_body_in_chunks_is_cut_at_the_limit(server, size):
    """However large its chunks are; one that fits is Django's to answer."""
    coding = "Transfer-Encoding: chunked"
    exchange = await Exchange.begin(server, "/unknown", coding)
    exchange.writer.write(chunks(b"x" * LIMIT, size))
    assert await exchange.status() == 404
    exchange.writer.close()
    exchange = await Exchange.begin(server, "/unknown", coding)
    exchange.writer.write(chunks(b"x" * (LIMIT + 1), size))
    assert await exchange.status() == 413
    await exchange.is_closed()


async def test_a_body_without_end_is_not_kept(server):
    """It is refused while it is sent, and takes no memory."""
    memory = Memory(server.pid)
    exchange = await Exchange.begin(server, "/", "Transfer-Encoding: chunked")
    with suppress(ConnectionError):
        async with asyncio.timeout(TIMEOUT):
            while not exchange.reader.at_eof():
                exchange.writer.write(b"10000\r\n%s\r\n" % (b"x" * 0x10000))
                await exchange.writer.drain()
                memory.sample()
    exchange.writer.close()
    assert memory.peak < 4 * MIB


async def test_a_connection_goes_on_after_a_body_that_fits(server):
    """One limit does not change the next request's."""
    exchange = await Exchange.begin(server, "/unknown", "Transfer-Encoding: chunked")
    exchange.writer.write(chunks(b"x" * 1000, 10))
    assert await exchange.status() == 404
    head = await exchange.reader.readuntil(b"\r\n\r\n")
    await exchange.reader.readexactly(int(find(rb"(?i)content-length: (\d+)", head)))
    exchange.writer.write(b"GET /state/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert await exchange.status() == 200
    exchange.writer.close()


@pytest.mark.parametrize("path", PATHS)
async def test_odd_bodies_are_no_error_of_the_servers(server, path):
    """Too many fields, parts without an end, or a form that is none."""
    mark = len(server.log)
    for kind, body in {
        "multipart/form-data; boundary=x": PART * (LIMIT // len(PART)),
        "multipart/form-data": b"--x",
        FORM: b"a=b&" * (LIMIT // 4),
        "application/json": b"[" * LIMIT,
        "\xff": b"\xff" * 1000,
    }.items():
        assert await post(server, path, body, kind) in (400, 403, 404, 405)
    assert "Traceback" not in server.log[mark:]


def test_a_large_form_is_refused_unread_with_a_way_back(client, settings):
    """Parsed, it would be kept until a garbage collection: ten of 1 MB at a time grew the process by 38 MiB."""
    client.cookies["csrftoken"] = "a" * 32
    client.handler.enforce_csrf_checks = True
    body = "a=" + "b" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    answer = client.post("/login/", body, content_type=FORM)
    assert answer.status_code == 400
    assert 'href="/"' in answer.content.decode()
    assert not hasattr(answer.wsgi_request, "_body")


async def test_a_form_still_reaches_its_view(server):
    """Django parses what Twisted no longer does."""
    exchange = await Exchange.begin(server, "/rooms/VIP/", "Connection: close", method="GET")
    page = (await exchange.reader.read()).decode()
    exchange.writer.close()
    token = find(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    cookie = find(r"csrftoken=(\w+)", page)
    body = f"csrfmiddlewaretoken={token}&password=secret123".encode()
    headers = (f"Cookie: csrftoken={cookie}", f"Content-Type: {FORM}", f"Content-Length: {len(body)}")
    exchange = await Exchange.begin(server, "/rooms/VIP/", *headers)
    exchange.writer.write(body)
    assert await exchange.status() == 302
    exchange.writer.close()
