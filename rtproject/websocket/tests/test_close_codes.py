"""Close codes as docs/protocol.md has them."""

from rtproject.websocket.close_codes import CloseCode, as_json

CODES = [
    (4003, "forbidden", "never"), (4004, "not found", "never"), (4005, "banned", "never"), (4008, "kicked", "never"),
    (4009, "password changed", "never"), (4100, "room full", "backoff"), (4101, "rate limited", "backoff"),
    (4102, "too slow", "backoff"), (4103, "unavailable", "backoff"), (4104, "closed", "backoff"),
    (4200, "going away", "at once"),
]  # fmt: skip


def test_numbers_titles_and_advice_are_those_of_the_contract():
    """Pages get all of them, with a sentence for each."""
    assert [(int(code), code.title, code.reconnect) for code in CloseCode] == CODES
    table = as_json()
    assert [(row["code"], row["name"], row["reconnect"]) for row in table] == CODES
    assert table[2]["meaning"] == "Staff banned this member, from this room or all."
