"""The pages that may open a WebSocket."""

import pytest

from rtproject.websocket.middleware.origins import ForeignOrigins, is_foreign
from rtproject.websocket.tests.helpers import ACCEPT, Connection, closed_with, soon, stays

OWN = "http://example.com:8000"


def headers(*origins, host="example.com:8000"):
    """The headers of a handshake to `host` from pages of `origins`."""
    hosts = [] if host is None else [(b"host", host.encode())]
    return [*hosts, *((b"origin", origin.encode()) for origin in origins)]


@pytest.fixture(autouse=True)
def _site(settings):
    settings.ALLOWED_HOSTS = ["example.com", ".wide.test", "[::1]"]
    settings.CSRF_TRUSTED_ORIGINS = []
    settings.SECURE_SSL_REDIRECT = settings.DEBUG = False


async def test_a_foreign_page_is_never_accepted(caplog):
    """A close before the accept becomes HTTP 403, with one line of log; a program, which has no origin, is let in."""
    client = Connection(ForeignOrigins(stays), headers=headers("null"))
    await soon(client.run())
    assert client.sent == [closed_with(4003)]
    assert caplog.messages == ["in-process /somewhere refused with HTTP 403: foreign origin"]
    assert await Connection(ForeignOrigins(stays), headers=headers()).visit() == [ACCEPT]


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://example.com:8000", "example.com:8000"), ("http://EXAMPLE.com:8000", "example.COM:8000"),
        ("http://example.com", "example.com"), ("http://example.com", "example.com:80"),
        ("http://example.com:80", "example.com"), ("https://example.com", "example.com"),
        ("https://example.com", "example.com:443"), ("http://sub.wide.test:8000", "sub.wide.test:8000"),
        ("http://example.com.:8000", "example.com.:8000"), ("http://[::1]:8000", "[::1]:8000"),
    ],
)  # fmt: skip
def test_a_page_of_this_site_is_not_foreign(origin, host):
    """Host and port are the request's own, in any spelling."""
    assert not is_foreign(headers(origin, host=host))


@pytest.mark.parametrize(
    "origin",
    [
        "null", "", "http://elsewhere.test:8000", "http://example.com:8001", "http://example.com",
        "https://example.com", "http://example.com.elsewhere.test:8000",
        "http://elsewhere.test/example.com:8000", "http://example.com:8000@elsewhere.test",
        "http://sub.example.com:8000", "ftp://example.com:8000", "file://", "example.com:8000",
        "//example.com:8000", "http://example.com:port", "http://example.com:99999", "http://[::1",
        "http://:8000", "http://" + "a" * 8000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("hosts", [["example.com"], ["*"]])
def test_a_page_of_another_site_is_foreign(settings, origin, hosts):
    """Another host, another port, no host, or no valid origin; also where any Host is allowed."""
    settings.ALLOWED_HOSTS = hosts
    assert is_foreign(headers(origin))
    assert not is_foreign(headers(OWN))


@pytest.mark.parametrize("host", [None, "", "elsewhere.test", "example.com:x", "exa mple.com"])
def test_a_host_that_is_not_allowed_has_no_pages(host):
    """An Origin that equals such a Host is foreign: DNS rebinding would pass otherwise."""
    assert is_foreign(headers("http://elsewhere.test", host=host))


def test_repeated_headers_are_foreign():
    """No browser sends a second Origin or Host."""
    assert is_foreign(headers(OWN, OWN))
    assert is_foreign([*headers(OWN), (b"host", b"example.com:8000")])


@pytest.mark.parametrize(
    ("changed", "origin", "host", "foreign"),
    [
        ({"SECURE_SSL_REDIRECT": True}, "https://example.com", "example.com", False),
        ({"SECURE_SSL_REDIRECT": True}, "http://example.com", "example.com", True),
        ({"ALLOWED_HOSTS": [], "DEBUG": True}, "http://localhost:8000", "localhost:8000", False),
        ({"ALLOWED_HOSTS": []}, "http://localhost:8000", "localhost:8000", True),
    ],
)
def test_settings_say_which_pages_are_ours(settings, changed, origin, host, foreign):
    """With HTTPS a Host without a port is port 443; an empty ALLOWED_HOSTS means what it means to Django."""
    for name, value in changed.items():
        setattr(settings, name, value)
    assert is_foreign(headers(origin, host=host)) is foreign


@pytest.mark.parametrize(
    ("trusted", "origin", "foreign"),
    [
        ("https://friend.test", "https://friend.test", False),
        ("https://friend.test", "https://FRIEND.test:443", False),
        ("https://friend.test:8443", "https://friend.test:8443", False),
        ("https://*.friend.test", "https://sub.friend.test", False),
        ("http://[::1]:9000", "http://[::1]:9000", False),
        ("https://friend.test", "http://friend.test", True),
        ("https://friend.test", "http://friend.test:443", True),
        ("http://friend.test:8443", "https://friend.test:8443", True),
        ("https://friend.test", "https://friend.test:8443", True),
        ("https://friend.test", "https://sub.friend.test", True),
        ("https://*.friend.test", "https://unfriend.test", True),
        ("https://*.friend.test:8443", "https://sub.friend.test", True),
        ("https://*", "https://elsewhere.test", True), ("https://", "https://elsewhere.test", True),
        ("https://.", "https://elsewhere.test", True),
    ],
)  # fmt: skip
def test_a_trusted_origin_has_the_same_scheme_host_and_port(settings, trusted, origin, foreign):
    """CSRF_TRUSTED_ORIGINS means what it means to Django; a star alone trusts no one."""
    settings.CSRF_TRUSTED_ORIGINS = ["https://first.test", trusted]
    assert is_foreign(headers(origin)) is foreign
