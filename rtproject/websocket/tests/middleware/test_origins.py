"""Which pages may open a WebSocket here."""

import pytest

from rtproject.websocket.middleware.origins import is_foreign


def headers(*origins, host="example.com:8000"):
    """The headers of a handshake to `host` from pages of `origins`."""
    hosts = [] if host is None else [(b"host", host.encode())]
    return [*hosts, *((b"origin", origin.encode()) for origin in origins)]


@pytest.fixture(autouse=True)
def _site(settings):
    settings.ALLOWED_HOSTS = ["example.com", ".wide.test", "[::1]"]
    settings.CSRF_TRUSTED_ORIGINS = []
    settings.HTTPS = settings.DEBUG = False


def test_a_program_sends_no_origin():
    """A missing Origin is fine."""
    assert not is_foreign(headers())


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://example.com:8000", "example.com:8000"),
        ("http://EXAMPLE.com:8000", "example.COM:8000"),
        ("http://example.com", "example.com"),
        ("http://example.com", "example.com:80"),
        ("http://example.com:80", "example.com"),
        ("https://example.com", "example.com"),
        ("https://example.com", "example.com:443"),
        ("http://sub.wide.test:8000", "sub.wide.test:8000"),
        ("http://example.com.:8000", "example.com.:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
    ],
)
def test_a_page_of_this_site_is_not_foreign(origin, host):
    """Host and port are the request's own, written in whatever way."""
    assert not is_foreign(headers(origin, host=host))


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://elsewhere.test:8000",
        "http://example.com:8001",
        "http://example.com",
        "https://example.com",
        "http://example.com.elsewhere.test:8000",
        "http://elsewhere.test/example.com:8000",
        "http://example.com:8000@elsewhere.test",
        "http://sub.example.com:8000",
        "ftp://example.com:8000",
        "file://",
        "example.com:8000",
        "//example.com:8000",
        "http://example.com:port",
        "http://example.com:99999",
        "http://[::1",
        "http://:8000",
    ],
)
def test_a_page_of_another_site_is_foreign(origin):
    """Another host, another port, no host at all, and what is not an origin."""
    assert is_foreign(headers(origin))


@pytest.mark.parametrize("host", [None, "", "elsewhere.test", "example.com:x", "exa mple.com"])
def test_a_host_that_is_not_ours_makes_nothing_its_own(host):
    """An Origin that equals its Host is foreign unless the Host is allowed: else DNS rebinding would pass."""
    assert is_foreign(headers("http://elsewhere.test", host=host))


def test_repeated_headers_are_foreign():
    """A second Origin or Host is nobody's honest request."""
    own = "http://example.com:8000"
    assert is_foreign(headers(own, own))
    assert is_foreign([*headers(own), (b"host", b"example.com:8000")])


@pytest.mark.parametrize(
    ("origin", "foreign"), [("https://example.com", False), ("http://example.com", True)]
)
def test_with_https_the_page_has_to_be_secure(settings, origin, foreign):
    """With HTTPS on, a Host without a port is port 443."""
    settings.HTTPS = True
    assert is_foreign(headers(origin, host="example.com")) is foreign


@pytest.mark.parametrize(("debug", "foreign"), [(True, False), (False, True)])
def test_without_allowed_hosts_localhost_is_ours_only_while_debugging(settings, debug, foreign):
    """An empty ALLOWED_HOSTS means what it means to Django."""
    settings.ALLOWED_HOSTS = []
    settings.DEBUG = debug
    assert is_foreign(headers("http://localhost:8000", host="localhost:8000")) is foreign


@pytest.mark.parametrize(
    ("trusted", "origin", "foreign"),
    [
        ("https://friend.test", "https://friend.test", False),
        ("https://friend.test", "https://FRIEND.test:443", False),
        ("https://friend.test:8443", "https://friend.test:8443", False),
        ("https://*.friend.test", "https://sub.friend.test", False),
        ("http://[::1]:9000", "http://[::1]:9000", False),
        ("https://friend.test", "http://friend.test", True),
        ("https://friend.test", "https://friend.test:8443", True),
        ("https://friend.test", "https://sub.friend.test", True),
        ("https://*.friend.test", "https://unfriend.test", True),
        ("https://*.friend.test:8443", "https://sub.friend.test", True),
    ],
)
def test_trusted_origins_are_not_foreign(settings, trusted, origin, foreign):
    """CSRF_TRUSTED_ORIGINS means what it means to Django: scheme, host and port, or all below a domain."""
    settings.CSRF_TRUSTED_ORIGINS = ["https://first.test", trusted]
    assert is_foreign(headers(origin)) is foreign


@pytest.mark.parametrize("trusted", ["https://*", "https://", "https://."])
def test_no_entry_trusts_everybody(settings, trusted):
    """A lone star admits nobody, as with Django's own check of forms."""
    settings.CSRF_TRUSTED_ORIGINS = [trusted]
    assert is_foreign(headers("https://elsewhere.test"))


@pytest.mark.parametrize(
    ("origin", "foreign"),
    [
        ("http://example.com:8000", False),
        ("http://elsewhere.test:8000", True),
        ("http://example.com:8001", True),
        ("null", True),
    ],
)
def test_any_host_is_not_any_origin(settings, origin, foreign):
    """With ALLOWED_HOSTS=* a page still has to be of the host that its handshake asks for."""
    settings.ALLOWED_HOSTS = ["*"]
    assert is_foreign(headers(origin)) is foreign
