"""What is changed in Daphne and uvicorn, since neither has a setting for it.

They are imported before the application is. On other servers, and if one of them has changed, nothing happens here.
"""

import importlib
import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings

from rtproject.logs import PROBES, JSONLine
from rtproject.websocket.transport.turns import TURN, current_turns
from rtproject.websocket.utils.log_text import request_path

UVICORN = (
    ("h11_impl", "H11Protocol"),
    ("httptools_impl", "HttpToolsProtocol"),
)
READ_SIZE = 512  # bytes of a chunked body that Daphne parses in one turn of the loop: 85 chunks of one byte
SMALLEST, FIRST, LARGEST = 128, 1024, 16 * 1024  # bytes that uvicorn parses, by how long that takes
FAST, SLOW = 0.00025, 0.001  # seconds


def adapt_log_of_daphne() -> None:
    """Make Daphne's access log end each path before its query, and keep to our settings of logs.

    The log is a stream of Daphne's own, which no filter of the logging module sees. Does nothing without Daphne.
    """
    access = sys.modules.get("daphne.access")
    if access is None:
        return
    generator: Any = access.AccessLogGenerator
    write_entry = generator.write_entry

    def write(self: Any, host: Any, date: Any, request: str, *args: Any, **kwargs: Any) -> None:
        path = request_path(request)
        if settings.LOG_LEVEL not in ("DEBUG", "INFO") or path.endswith(PROBES):
            return
        if settings.LOG_FORMAT == "text":
            write_entry(self, host, date, path, *args, **kwargs)
            return
        line = " ".join(map(str, (host, path, *kwargs.values())))
        record = logging.makeLogRecord({"name": "daphne.access", "levelname": "INFO", "msg": line})
        self.stream.write(f"{JSONLine().format(record)}\n")

    generator.write_entry = write


def format_options_quickly() -> None:
    """Make Autobahn write its options by `repr`: it formats them for a debug line with each handshake, in vain."""
    autobahn: Any = sys.modules.get("autobahn.websocket.protocol")
    if autobahn is not None:
        autobahn.pformat = repr


def bound_bodies_of_servers() -> None:
    """Bound what Daphne and uvicorn do with a body before the application sees it. Does nothing on other servers."""
    daphne: Any = sys.modules.get("daphne.http_protocol")
    if daphne is not None:
        daphne.WebRequest = type("BoundedRequest", (_BoundedRequest, daphne.WebRequest), {})
    if "uvicorn" in sys.modules:  # it imports its protocols after the application
        for module, name in UVICORN:
            with suppress(ImportError):
                _read_little(getattr(importlib.import_module(f"uvicorn.protocols.http.{module}"), name))


class _BodyReader:
    """A body that is read on when it is its turn, see `turns.Reader`. Its parser cannot be stopped, its reading can."""

    def __init__(self, address: str, resume: Callable[[], None]) -> None:
        self.address = address
        self.is_waiting = False
        self._resume = resume

    def parse(self) -> None:
        current_turns().spend(TURN, 0)
        self._resume()


class _BoundedRequest:
    """Daphne's request, which receives and parses a whole body before there is a scope, with a bound.

    A body that is too large is complete as soon as that is known. The application then answers it.
    """

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Twisted would parse forms in the reactor: 20 MB of multipart took 6.9 s and 340 MB.
        self._parsePOSTFormSubmission = False
        self._reader: _BodyReader | None = None  # of a body in chunks; others take no parsing

    def gotLength(self: Any, length: int | None) -> None:  # noqa: N802 (Twisted's)
        too_large = length is not None and length > settings.MAX_BODY
        if too_large:
            self.channel.length = 0
            self.channel.persistent = False
            self.requestHeaders.removeHeader(b"expect")  # or it would be told to go on
        if length is None:
            transport = self.channel.transport
            transport.bufferSize = READ_SIZE
            self._reader = _BodyReader(getattr(self.client, "host", ""), transport.resumeProducing)
        super().gotLength(0 if too_large else length)  # type: ignore[misc]

    def handleContentChunk(self: Any, data: bytes) -> None:  # noqa: N802
        if self._reader is not None and not self._reader.is_waiting:
            self.channel.transport.pauseProducing()
            current_turns().wait(self._reader)
        room = settings.MAX_BODY + 1 - self.content.tell()
        super().handleContentChunk(data[:room])  # type: ignore[misc]
        if 0 < room <= len(data):
            channel = self.channel
            channel.persistent = False
            channel._transferDecoder.dataCallback = lambda data: None
            channel._transferDecoder.finishCallback = lambda rest: None
            channel.allContentReceived()


def _read_little(protocol_class: Any) -> None:
    """Make uvicorn's HTTP protocol read little at a time, and a body in turns: it parses all that was read at once."""
    connection_made, data_received = protocol_class.connection_made, protocol_class.data_received

    def on_connection(self: Any, transport: Any) -> None:
        if hasattr(transport, "max_size"):  # uvloop's transport has not
            transport.max_size = FIRST
        connection_made(self, transport)

        def resume() -> None:
            if not self.flow.read_paused:
                transport.resume_reading()

        self.body_reader = _BodyReader(self.client[0] if self.client else "", resume)

    def on_data(self: Any, data: bytes) -> None:
        began = time.perf_counter()
        data_received(self, data)
        if self.cycle is not None and self.cycle.more_body and not self.transport.is_closing():
            _adapt(self.transport, time.perf_counter() - began)
            self.transport.pause_reading()
            current_turns().wait(self.body_reader)

    protocol_class.connection_made, protocol_class.data_received = on_connection, on_data


def _adapt(transport: Any, took: float) -> None:
    """Let a transport read less at a time if what it read last took long, and more if it did not."""
    if not hasattr(transport, "max_size"):
        return
    if took > SLOW:
        transport.max_size = max(SMALLEST, transport.max_size // 4)
    elif took < FAST:
        transport.max_size = min(LARGEST, transport.max_size * 2)
