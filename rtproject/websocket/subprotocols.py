"""Which of the subprotocols that a client offers is spoken (RFC 6455 section 1.9)."""

from rtproject.websocket.asgi_types import Scope

SUBPROTOCOL = "rtproject.v1"


def choose_subprotocol(scope: Scope) -> str | None:
    """Ours if the client offers it, else its first: a browser fails the handshake if none that it offers is chosen."""
    offered = [name for name in scope.get("subprotocols", ()) if name]
    return SUBPROTOCOL if SUBPROTOCOL in offered else next(iter(offered), None)
