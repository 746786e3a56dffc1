"""Static files: texts are compressed for those who accept that."""

import gzip
from typing import Any

import pytest
from django.test import AsyncClient

from rtproject.tests.support.isolation import ROOT

TEXT, PICTURE = "/static/rtproject/socket.js", "/static/rtproject/favicon.svg"
FILES = {path: ROOT / "rtproject" / path.removeprefix("/") for path in (TEXT, PICTURE)}
GZIP = {"Accept-Encoding": "br, gzip"}


async def read(client: AsyncClient, path: str, **headers: str):
    """The response and its body."""
    response: Any = await client.get(path, headers=headers)
    body = b"".join([part async for part in response]) if response.streaming else response.content
    return response, body


@pytest.mark.parametrize("path", [TEXT, PICTURE])
async def test_a_text_is_compressed_and_otherwise_the_same(async_client, path):
    content = FILES[path].read_bytes()
    plain, body = await read(async_client, path)
    assert (body, "Content-Encoding" in plain) == (content, False)
    for _ in range(2):  # the second one is from memory
        packed, body = await read(async_client, path, **GZIP)
        assert gzip.decompress(body) == content
        assert (packed["Content-Encoding"], packed["Vary"]) == ("gzip", "Accept-Encoding")
        for header in ("Content-Type", "Cache-Control", "Last-Modified", "X-Content-Type-Options"):
            assert packed[header] == plain[header]


async def test_a_client_that_has_a_text_gets_it_no_more(async_client):
    packed, _ = await read(async_client, TEXT, **GZIP)
    for known in ({"If-None-Match": packed["ETag"]}, {"If-Modified-Since": packed["Last-Modified"]}):
        again, body = await read(async_client, TEXT, **GZIP, **known)
        assert (again.status_code, body) == (304, b"")


async def test_a_part_is_a_part_of_the_file_itself(async_client):
    response, body = await read(async_client, TEXT, **GZIP, Range="bytes=0-9")
    assert (response.status_code, len(body)) == (206, 10)
