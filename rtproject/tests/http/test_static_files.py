"""Static files: compressed for those that take it."""

import gzip
from http.client import HTTPResponse
from typing import Any
from urllib.request import Request, urlopen

import pytest

from rtproject.tests.support.isolation import ROOT

PATH = "rtproject/style.css"
TEXT = (ROOT / "rtproject/static" / PATH).read_bytes()


@pytest.fixture
def get(daphne) -> Any:
    """Get a static file with some headers."""

    def answer(path: str, method: str = "GET", **headers: str) -> HTTPResponse:
        return urlopen(Request(daphne.http_url(f"/static/{path}"), headers=headers, method=method))

    return answer


def test_text_is_compressed_for_those_that_take_it(get):
    """The second answer is that of the first."""
    for _ in range(2):
        answer = get(PATH, **{"Accept-Encoding": "gzip, br"})
        body = answer.read()
        assert (answer.headers["Content-Encoding"], gzip.decompress(body)) == ("gzip", TEXT)
        assert int(answer.headers["Content-Length"]) == len(body)
        assert answer.headers["Vary"] == "Accept-Encoding"
    plain = get(PATH)
    assert (plain.headers["Content-Encoding"], plain.read()) == (None, TEXT)
    assert plain.headers["Vary"] == "Accept-Encoding"


def test_parts_heads_and_other_files_are_as_they_were(get):
    part = get(PATH, Range="bytes=0-9", **{"Accept-Encoding": "gzip"})
    assert (part.status, part.read()) == (206, TEXT[:10])
    head = get(PATH, "HEAD", **{"Accept-Encoding": "gzip"})
    assert (head.headers["Content-Length"], head.read()) == (str(len(TEXT)), b"")
    assert (
        get(PATH, **{"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    )  # not the empty body
