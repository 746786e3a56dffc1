"""Whom limits count, and what a log line calls a connection."""

import logging

import pytest
from django.test import RequestFactory

from rtproject.websocket import addresses
from rtproject.websocket.addresses import client_address, describe, request_address
from rtproject.websocket.tests.helpers import websocket_scope


def scope(peer="192.0.2.1", *forwarded, **more):
    """A handshake from `peer` with a line X-Forwarded-For for each of `forwarded`."""
    headers = [(b"host", b"example.com"), *((b"x-forwarded-for", line.encode()) for line in forwarded)]
    return websocket_scope(client=[peer, 50000], headers=headers, **more)


def test_a_caller_inside_the_process_has_no_address():
    """Nobody is counted who did not come over a socket."""
    assert client_address(websocket_scope()) is None


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("x" * 5000, "x" * 64),
    ],
)
def test_an_address_is_what_one_customer_has(peer, address):
    """IPv6 is counted by its /64, IPv4 in whatever clothes as IPv4, and a name in bounds as it is."""
    assert client_address(scope(peer)) == address


@pytest.mark.parametrize(
    ("proxies", "lines", "address"),
    [
        (0, ["198.51.100.7"], "192.0.2.1"),
        (1, ["198.51.100.7"], "198.51.100.7"),
        (1, ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        (1, ["203.0.113.9", "198.51.100.7"], "198.51.100.7"),
        (2, ["forged, 203.0.113.9, 198.51.100.7"], "203.0.113.9"),
        (2, ["198.51.100.7"], "192.0.2.1"),
        (1, [], "192.0.2.1"),
        (1, [" , "], "192.0.2.1"),
        (1, ["2001:db8:1:2:3::4"], "2001:db8:1:2::/64"),
    ],
)
def test_behind_proxies_the_client_is_counted_from_the_right(settings, proxies, lines, address):
    """With N proxies it is the Nth entry from the right, over all lines, and the peer if there are fewer."""
    settings.TRUSTED_PROXIES = proxies
    assert client_address(scope("192.0.2.1", *lines)) == address


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "198.51.100.7")])
def test_a_page_counts_as_its_websocket_does(settings, proxies, address):
    """The same rule holds for a page's request."""
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", headers={"x-forwarded-for": "203.0.113.9, 198.51.100.7"})
    assert request_address(request) == address


def test_an_undeclared_proxy_is_told_of_once(settings, caplog):
    """An operator who forgot TRUSTED_PROXIES finds one line about it, not one for each connection."""
    settings.TRUSTED_PROXIES = 0
    addresses._warn_of_undeclared_proxy.cache_clear()
    for _ in range(3):
        client_address(scope("192.0.2.1", "198.51.100.7"))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "TRUSTED_PROXIES is 0" in caplog.text


def test_a_log_line_has_the_address_and_the_path():
    """The query, which may hold a password, is not part of it."""
    assert describe(scope(path="/ws/VIP", query_string=b"pass=hidden")) == "192.0.2.1 /ws/VIP"
    assert describe(websocket_scope(path="/ws/VIP?pass=hidden")) == "in-process /ws/VIP"
    assert describe(websocket_scope(path="/echo")) == "in-process /echo"


@pytest.mark.parametrize(
    ("path", "shown"), [("/a\nb", r"/a\nb"), ("/\x1b[2J", r"/\x1b[2J"), ("/ü", r"/\xfc"), ("/'", "/'")]
)
def test_a_path_cannot_write_log_lines_of_its_own(path, shown):
    """Control characters and whatever is not ASCII are escaped."""
    assert describe(websocket_scope(path=path)).endswith(shown)


class TestUnixSocket:
    """A server behind a proxy on a Unix socket knows no peer: its scope has a `client` that is None."""

    def test_its_clients_are_known_by_the_proxy(self, settings):
        """What the proxies of ours say counts as over TCP."""
        settings.TRUSTED_PROXIES = 1
        headers = [(b"x-forwarded-for", b"198.51.100.7")]
        assert client_address(websocket_scope(client=None, headers=headers)) == "198.51.100.7"

    def test_without_a_word_of_the_proxy_all_are_one(self):
        """It is not taken for a caller inside the process, whom no limit holds."""
        assert client_address(websocket_scope(client=None)) is not None

    def test_a_page_has_an_address_too(self):
        """A page's request without a peer is counted as well."""
        request = RequestFactory().get("/")
        del request.META["REMOTE_ADDR"]
        assert request_address(request)
