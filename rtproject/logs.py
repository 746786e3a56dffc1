"""What must not be in a log."""

import logging


class WithoutQuery(logging.Filter):
    """Cuts the query string, which may hold a password or a key, out of uvicorn's lines about requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: the line stays."""
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(value) for value in record.args)
        return True


def _without_query(value: object) -> object:
    return value.partition("?")[0] if isinstance(value, str) and value.startswith("/") else value
