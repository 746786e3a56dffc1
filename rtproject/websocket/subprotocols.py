"""Which of the subprotocols that a client offers is spoken (RFC 6455 section 1.9)."""

from rtproject.websocket.asgi_types import Scope

SUBPROTOCOL = "rtproject.v1"


def choose_subprotocol(scope: Scope) -> str | None:
    """Ours if the client offers it, else its first: a browser fails the handshake if none that it offers is chosen.

    Read from the header where there is one: Daphne's `subprotocols` are unquoted, and Autobahn refuses to choose what
    was not offered letter by letter.
    """
    header = [
        value.decode("latin-1") for name, value in scope["headers"] if name == b"sec-websocket-protocol"
    ]
    offered = ",".join(header).split(",") if header else scope.get("subprotocols", ())
    names = [name for entry in offered if (name := entry.strip())]
    return SUBPROTOCOL if SUBPROTOCOL in names else next(iter(names), None)
