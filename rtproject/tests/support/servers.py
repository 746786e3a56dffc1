"""The processes of a site, as an operator would start them."""

import re
import socket
import sys
import time
from contextlib import suppress
from typing import Any, ClassVar
from urllib.parse import urlencode

from websockets.asyncio.client import connect

from rtproject.tests.support.ports import free_port
from rtproject.tests.support.process import Process
from rtproject.tests.support.site import Site


class SiteProcess(Process):
    """A process of a site; `site` gives its database and its management commands."""

    command: ClassVar[tuple[str, ...]]  # what Python runs

    def __init__(self, site: Site, *arguments: str) -> None:
        self.site = site
        super().__init__(type(self).__name__, [sys.executable, *self.command, *arguments], site.environment)

    def manage(self, *arguments: str) -> str:
        """See `Site.manage`."""
        return self.site.manage(*arguments)

    def execute(self, code: str) -> str:
        """See `Site.execute`."""
        return self.site.execute(code)


class PulseWorker(SiteProcess):
    """`manage.py pulse`."""

    command = ("manage.py", "pulse")


class Server(SiteProcess):
    """An ASGI server on a free port of 127.0.0.1, which listens when it is constructed."""

    listening: ClassVar[re.Pattern[str]]  # the line of its log that tells the port

    def __init__(self, site: Site, *arguments: str) -> None:
        super().__init__(site, *arguments)
        try:
            found = self.listening.search(self.expect_log(self.listening))
        except BaseException:
            self.kill()
            raise
        assert found is not None
        self.port = int(found[1])

    def http_url(self, path: str = "/", **query: object) -> str:
        """The http:// address of `path` with `query`."""
        return f"http://{self._authority}{path}{_encoded(query)}"

    def ws_url(self, path: str, **query: object) -> str:
        """The ws:// address of `path` with `query`."""
        return f"ws://{self._authority}{path}{_encoded(query)}"

    def connect(self, path: str, query: dict[str, object] | None = None, **options: Any) -> connect:
        """Connect a client of the `websockets` package to `path`; `options` are its own.

        It reads all frames: with the default of that package it stops at 16 that are not received, and then
        even its own close takes long.
        """
        unlimited = {"max_queue": None, "max_size": None, "proxy": None}
        return connect(self.ws_url(path, **(query or {})), **{**unlimited, **options})

    @property
    def _authority(self) -> str:
        return f"127.0.0.1:{self.port}"


class Daphne(Server):
    """`daphne rtproject.asgi:application`."""

    command = ("-m", "daphne", "-e", "tcp:port=0:interface=127.0.0.1", "rtproject.asgi:application")
    listening = re.compile(r"Listening on TCP address 127\.0\.0\.1:(\d+)")


class Uvicorn(Server):
    """`uvicorn rtproject.asgi:application`, without compression and without trust in X-Forwarded-For."""

    command = (
        *("-m", "uvicorn", "rtproject.asgi:application", "--host", "127.0.0.1", "--port", "0"),
        *("--ws-per-message-deflate", "false", "--no-proxy-headers"),
    )
    listening = re.compile(r"running on http://127\.0\.0\.1:(\d+)")


class Hypercorn(Server):
    """`hypercorn rtproject.asgi:application`. It sends no pings unless it is told to."""

    command = ("-m", "hypercorn", "rtproject.asgi:application", "--bind", "127.0.0.1:0")
    listening = re.compile(r"Running on http://127\.0\.0\.1:(\d+)")


class Granian(Server):
    """`granian rtproject.asgi:application`, whose `send` returns an awaitable that is no coroutine."""

    command = ("-m", "granian", "--interface", "asginl", "--host", "127.0.0.1", "rtproject.asgi:application")

    def __init__(self, site: Site, *arguments: str) -> None:
        self.port = free_port()  # with 0 it does not tell the port
        SiteProcess.__init__(self, site, "--port", str(self.port), *arguments)
        self.expect_log("Started worker-1")
        while self.running and not self._listens():  # a moment after it says so
            time.sleep(0.05)

    def _listens(self) -> bool:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False


def _encoded(query: dict[str, object]) -> str:
    return "?" + urlencode(query) if query else ""
