"""The parameters of a connection's query string, and the subprotocol that is spoken."""

from urllib.parse import parse_qsl

from rtproject.websocket.asgi_types import Scope

REPLACED = "\N{REPLACEMENT CHARACTER}"  # what stands for bytes that are no UTF-8
MAX_PARAMETERS = 50  # far above what any endpoint knows, far below what would be work to parse


def parse_query(query_string: bytes) -> dict[str, str]:
    """Parameters by name; of a repeated one the last counts. A query with absurdly many has none.

    A value that is no UTF-8 is not there.
    """
    try:
        pairs = parse_qsl(
            query_string.decode(errors="replace"),  # a program in this process need not escape it
            keep_blank_values=True,
            max_num_fields=MAX_PARAMETERS,
            errors="replace",
        )
    except ValueError:
        return {}
    return {name: value for name, value in dict(pairs).items() if REPLACED not in value}


def whole_number(text: str | None, least: int, most: int) -> int | None:
    """The number that `text` writes in ASCII digits, or None if it is malformed or not within least..most."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 20:
        return None
    number = int(text)
    return number if least <= number <= most else None


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
