"""Exceptions that the base consumer turns into frames and close codes."""

from channels.exceptions import DenyConnection


class ConnectionDenied(DenyConnection):
    """Raised in `connect()`: the client is not admitted, and the close code says why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class LayerUnavailable(Exception):
    """The channel layer or another service is out of reach; a retry may succeed."""


class ClientError(Exception):
    """Raised for a frame that cannot be obeyed. It has no effect, and the connection stays open.

    `code` is one of the protocol's error codes, `detail` a sentence for the client's developer, and `frame_id`
    the `id` of the frame that caused it, if it had one that could be read. A client that causes it again and again is
    closed with 4101; with `counts=False` it is not the client's fault.
    """

    def __init__(self, code: str, detail: str, frame_id: str | None = None, *, counts: bool = True) -> None:
        super().__init__(detail)
        self.counts = counts
        self.code = code
        self.detail = detail
        self.frame_id = frame_id
