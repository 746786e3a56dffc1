"""The address that limits count by, and the name of a connection in the log."""

import logging

import pytest
from django.test import RequestFactory

from rtproject.websocket import addresses
from rtproject.websocket.addresses import client_address, describe, request_address
from rtproject.websocket.tests.helpers import websocket_scope
from rtproject.websocket.utils.log_text import MAX_PATH


def scope(peer="192.0.2.1", *forwarded, **more):
    """A handshake from `peer` with a line X-Forwarded-For for each of `forwarded`."""
    headers = [(b"host", b"example.com"), *((b"x-forwarded-for", line.encode()) for line in forwarded)]
    return websocket_scope(client=[peer, 50000], headers=headers, **more)


def test_a_caller_inside_the_process_has_no_address():
    """Only connections over a socket are counted."""
    assert client_address(websocket_scope()) is None


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"), ("unknown", "unknown"), ("x" * 5000, "x" * 64 + "..."), ("\x1b[2J", r"\x1b[2J"),
    ],
)  # fmt: skip
def test_ipv6_counts_by_its_prefix(peer, address):
    """By its /64, since a customer has all of it; mapped IPv4 counts as IPv4, and a name as it is, within bounds."""
    assert client_address(scope(peer)) == address


@pytest.mark.parametrize(
    ("proxies", "lines", "address"),
    [
        (0, ["198.51.100.7"], "192.0.2.1"), (1, ["198.51.100.7"], "198.51.100.7"),
        (1, ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        (1, ["203.0.113.9", "198.51.100.7"], "198.51.100.7"),
        (2, ["forged, 203.0.113.9, 198.51.100.7"], "203.0.113.9"), (2, ["198.51.100.7"], "192.0.2.1"),
        (1, [], "192.0.2.1"), (1, [" , "], "192.0.2.1"), (1, ["2001:db8:1:2:3::4"], "2001:db8:1:2::/64"),
    ],
)  # fmt: skip
def test_behind_proxies_the_client_is_counted_from_the_right(settings, proxies, lines, address):
    """With N proxies the Nth entry from the right counts, over all lines, or the peer if there are fewer."""
    settings.WEBSOCKET = {"TRUSTED_PROXIES": proxies}
    assert client_address(scope("192.0.2.1", *lines)) == address


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "198.51.100.7")])
def test_a_page_counts_as_its_websocket_does(settings, proxies, address):
    """The same rule holds for requests of pages."""
    settings.WEBSOCKET = {"TRUSTED_PROXIES": proxies}
    request = RequestFactory().get("/", headers={"x-forwarded-for": "203.0.113.9, 198.51.100.7"})
    assert request_address(request) == address


def test_an_undeclared_proxy_is_logged_once(settings, caplog):
    """A forgotten TRUSTED_PROXIES is one warning, not one for each connection."""
    settings.WEBSOCKET = {"TRUSTED_PROXIES": 0}
    addresses._warn_of_undeclared_proxy.cache_clear()
    for _ in range(3):
        client_address(scope("192.0.2.1", "198.51.100.7"))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "TRUSTED_PROXIES is 0" in caplog.text


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/echo", "/echo"), ("/ws/VIP?pass=hidden", "/ws/VIP"), ("/a\nb", r"/a\nb"),
        ("/\x1b[2J", r"/\x1b[2J"), ("/ü", r"/\xfc"), ("/'", "/'"),
    ],
)  # fmt: skip
def test_a_log_line_has_the_address_and_the_path(path, shown):
    """The query, which may hold a password, is left out; control characters and non-ASCII are escaped."""
    assert describe(scope(path=path, query_string=b"pass=hidden")) == f"192.0.2.1 {shown}"
    assert describe(websocket_scope(path=path)) == f"in-process {shown}"


def test_a_long_path_is_cut_in_the_log():
    """A server may take 64 KiB of one."""
    assert describe(scope(path="/" + "a" * 60_000)) == f"192.0.2.1 /{'a' * (MAX_PATH - 1)}..."


def test_a_server_on_a_unix_socket_counts_by_the_proxy(settings):
    """It knows no peer: without a word of a proxy of ours all its clients share one address, pages included."""
    headers = [(b"x-forwarded-for", b"198.51.100.7")]
    settings.WEBSOCKET = {"TRUSTED_PROXIES": 1}
    assert client_address(websocket_scope(client=None, headers=headers)) == "198.51.100.7"
    assert client_address(websocket_scope(client=None)) is not None
    request = RequestFactory().get("/")
    del request.META["REMOTE_ADDR"]
    assert request_address(request)
