"""The parameters of a connection's query string."""

from urllib.parse import parse_qsl

MAX_PARAMETERS = 50  # far above what any endpoint knows, far below what would be work to parse


def parse_query(query_string: bytes) -> dict[str, str]:
    """Parameters by name; of a repeated one the last counts. A query with absurdly many has none."""
    try:
        pairs = parse_qsl(
            query_string.decode("latin-1"),
            keep_blank_values=True,
            max_num_fields=MAX_PARAMETERS,
            errors="replace",
        )
    except ValueError:
        return {}
    return dict(pairs)


def whole_number(text: str | None, least: int, most: int) -> int | None:
    """The number that `text` writes in ASCII digits, or None if it is malformed or not within least..most."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 20:
        return None
    number = int(text)
    return number if least <= number <= most else None
