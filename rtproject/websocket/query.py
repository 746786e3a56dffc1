"""The parameters of a connection's query string, and the subprotocol that is spoken."""

from urllib.parse import parse_qsl

from rtproject.websocket.asgi_types import Scope
from rtproject.websocket.options import option

REPLACED = "\N{REPLACEMENT CHARACTER}"  # decoded from bytes that are not UTF-8
# Far more than any endpoint knows, far fewer than would be work to parse.
MAX_PARAMETERS = 50
MAX_QUERY = 8192  # bytes
# Of a query that is not read: no password and no token has a NUL, and neither counts as absent.
UNREAD = {"pass": "\0", "token": "\0"}


def parse_query(query_string: bytes) -> dict[str, str]:
    """Return the parameters by name; of a repeated one the last counts. UNREAD if they are too many or too long.

    A parameter whose value is not UTF-8 is left out, but for those of UNREAD.
    """
    if not query_string:
        return {}
    if len(query_string) > MAX_QUERY:
        return dict(UNREAD)
    try:
        pairs = parse_qsl(
            query_string.decode(errors="replace"),  # an in-process caller need not escape it
            keep_blank_values=True,
            max_num_fields=MAX_PARAMETERS,
            errors="replace",
        )
    except ValueError:
        return dict(UNREAD)
    found = dict(pairs)
    return {name: value for name, value in found.items() if REPLACED not in value} | {
        name: wrong for name, wrong in UNREAD.items() if REPLACED in found.get(name, "")
    }


def whole_number(text: str | None, least: int, most: int) -> int | None:
    """Return the number in `text`, of ASCII digits, or None if it is malformed or not in least..most."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 20:
        return None
    number = int(text)
    return number if least <= number <= most else None


def choose_subprotocol(scope: Scope) -> str | None:
    """Return the option SUBPROTOCOL if the client offers it, else the first that it offers.

    Without one of its own a browser fails the handshake. Read from the header if there is one: Daphne
    unquotes `subprotocols`, and Autobahn refuses to select what was not offered letter by letter.
    """
    header = [
        value.decode("latin-1") for name, value in scope["headers"] if name == b"sec-websocket-protocol"
    ]
    offered = ",".join(header).split(",") if header else scope.get("subprotocols", ())
    if not offered:
        return None
    names = [name for entry in offered if (name := entry.strip())]
    ours = option("SUBPROTOCOL")
    return ours if ours in names else next(iter(names), None)
