"""Sending to addresses of Apprise."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from pulse.alerting.sending import masked, redacted, send
from rtproject.tests.support.ports import free_port


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[Any]]]:
    """Its address, and what it got."""
    found: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"json://127.0.0.1:{server.server_port}/hook", found
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_gets_a_message(webhook: tuple[str, list[Any]]) -> None:
    address, found = webhook
    assert send(address, "Alert: a", "a: no pulse", is_end=False) == ""
    assert [(each["title"], each["message"], each["type"]) for each in found] == [
        ("Alert: a", "a: no pulse", "failure")
    ]


def test_the_reason_of_a_failure_has_no_part_of_the_address(capfd: pytest.CaptureFixture[str]) -> None:
    address = f"mailto://user:pa%2Fss@127.0.0.1:{free_port()}?to=me@example.com&from=you@example.com"
    reason = send(address, "t", "x")
    assert reason == 'Connection error while submitting email to "***"'
    assert capfd.readouterr() == ("", "")


def test_an_address_that_is_none_is_not_repeated() -> None:
    assert send("secret", "t", "x") == "this is no address that Apprise knows"


def test_redacted_and_masked() -> None:
    assert redacted("no pa/ss at Host", "a://u:pa%2Fss@host/") == "no *** at ***"
    assert masked("slack://TokenA/TokenB") == "slack://***"
