"""Requests for pages that no browser would make: none is an error of the server's."""

import http.client
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rtproject.tests.support.fixtures import NewSite
from rtproject.tests.support.servers import Daphne, Server, Uvicorn

TIMEOUT = 60  # seconds for one answer
TOKEN = "a" * 32  # a CSRF token is any 32 letters that come as a cookie and with the form

steady = settings(derandomize=True, deadline=None, database=None, max_examples=80)

ODD = [
    "", ".", "..", "%00", "%0d%0aX-A:b", "%ff", "%ed%a0%80", "%2e%2e%2f", "%", "%zz", "VIP%00", "a" * 65,
    "a" * 5000,
]  # fmt: skip
segments = st.sampled_from(ODD) | st.text(max_size=20).map(lambda text: quote(text, safe=""))
heads = st.sampled_from(
    [
        "/rooms/",
        "/admin/",
        "/admin/rooms/room/",
        "/admin/login/",
        "/login/",
        "/logout/",
        "/password/",
        "/static/",
        "/dashboard/",
        "/",
        "//",
    ]
)
tails = st.lists(segments, max_size=3).map("/".join)
queries = st.sampled_from(
    ["", "?", "?next=//elsewhere.test", "?next=%00", "?name=%00", "?q=%ff&o=x&p=9" + "9" * 400, "?%"]
)
methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", "X"])
values = st.text(max_size=200) | st.sampled_from(
    ["\0", "secret123\0", "x" * 129, "x" * 100_000, "\u202e", " "]
)
fields = st.sampled_from(["password", "username", "next", "pass", "csrfmiddlewaretoken", "_method", ""])
forms = st.dictionaries(fields, values, max_size=5)
FORM = "application/x-www-form-urlencoded"
BOUNDARIES = ["", "; boundary=b", "; boundary=\xff", "; boundary=" + "b" * 300]
KINDS = [FORM, f"{FORM}; charset=none", f"{FORM}; charset=utf-7", "application/json", "", "x"]
KINDS += [f"multipart/form-data{boundary}" for boundary in BOUNDARIES]
PART = b'--b\r\nContent-Disposition: form-data; name="password"; filename="a"\r\n\r\n\0\r\n--b'
bodies = st.binary(max_size=200) | st.sampled_from(
    [b"password=%00", b"&" * 5000, b"a=b&" * 1100, PART, PART + b"--", b"%"]
)
COOKIES = ["", "csrftoken=" + TOKEN, "csrftoken=x", "csrftoken=\xff; sessionid=\xe9", "sessionid=" + "a" * 4000,
           'sessionid="\\000aaaaaaaaaaaa"', "rtproject_guest=\xff; messages=x:y", "; =; ,"]  # fmt: skip
headers = st.fixed_dictionaries(
    {"Cookie": st.sampled_from(COOKIES)},
    optional={
        "Host": st.sampled_from(["", "elsewhere.test", "127.0.0.1:99999", "[::1", "a b", "\xff", "127.0.0.1,x"]),
        "Origin": st.sampled_from(["null", "http://[", "\xff", "http://elsewhere.test"]),
        "Referer": st.sampled_from(["", "http://[", "\xff"]),
        "X-Forwarded-For": st.sampled_from(["", ",", "\xff", "[::1", "9" * 5000]),
        "X-Forwarded-Proto": st.sampled_from(["https", "\xff"]),
        "Accept-Language": st.sampled_from(["*", "\xff", "x" * 5000, ",;q=x"]),
        "Range": st.sampled_from(["bytes=0-", "bytes=-1", "bytes=9-1", "bytes=x", "bytes=" + "9" * 400 + "-"]),
        "If-Modified-Since": st.sampled_from(["x", "Thu, 01 Jan 99999 00:00:00 GMT"]),
        "Accept-Encoding": st.sampled_from(["*", "gzip;q=x", "\xff"]),
    },
)  # fmt: skip


@pytest.fixture(scope="module", params=[Daphne, Uvicorn])
def server(request: pytest.FixtureRequest, new_site: NewSite) -> Iterator[Server]:
    """A server where only three wrong passwords cost a hash; its log has no traceback."""
    server: Server = request.param(new_site(ROOMS_PASSWORD_ATTEMPTS="3/day"))
    yield server
    server.terminate()
    assert "Traceback" not in server.log


def status(server: Server, method: str, target: str, body: bytes, headers: dict[str, str]) -> int:
    """Return the status of the answer; 0 if the server hangs up, which is as good."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT)
    try:
        connection.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders(body)
        return connection.getresponse().status
    except (http.client.BadStatusLine, ConnectionError):
        return 0
    finally:
        connection.close()


@steady
@given(methods, heads, tails, queries, headers)
@example("GET", "/rooms/", "VIP/", "?pass=secret123", {})
@example("GET", "/static/", "../../settings.py", "", {})
@example("GET", "/static/rtproject/", "style.css", "", {"Range": "bytes=5-1"})
def test_no_address_is_an_error(
    server: Server, method: str, head: str, tail: str, query: str, headers: dict[str, str]
) -> None:
    """Any path, query, method and headers."""
    assert status(server, method, head + tail + query, b"", headers) < 500


@steady
@given(
    st.sampled_from(["/rooms/VIP/", "/rooms/lobby/", "/rooms/", "/admin/login/", "/login/", "/logout/"]),
    st.sampled_from(KINDS),
    bodies,
    headers,
)
@example(
    "/rooms/VIP/",
    FORM,
    b"csrfmiddlewaretoken=" + TOKEN.encode() + b"&password=%ff",
    {"Cookie": f"csrftoken={TOKEN}"},
)
def test_no_body_is_an_error(
    server: Server, path: str, kind: str, body: bytes, headers: dict[str, str]
) -> None:
    """Some bodies are no forms, or have a wrong type."""
    assert status(server, "POST", path, body, {**headers, "Content-Type": kind}) < 500


@settings(steady, max_examples=15)  # a login costs a hash
@given(st.sampled_from(["/rooms/VIP/", "/rooms/vip/", "/admin/login/", "/login/?next=/admin/"]), forms)
@example("/rooms/VIP/", {"password": "x" * 129})
@example("/admin/login/", {"username": "a\0b", "password": "\0"})
def test_no_form_is_an_error(server: Server, path: str, form: dict[str, str]) -> None:
    """They pass the CSRF check, and none of them opens a room."""
    body = urlencode({**form, "csrfmiddlewaretoken": TOKEN}).encode()
    answer = status(server, "POST", path, body, {"Cookie": f"csrftoken={TOKEN}", "Content-Type": FORM})
    assert answer in (200, 400, 429)
