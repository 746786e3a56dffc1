"""Text of a log line that a stranger or another program wrote: short, printable, without secrets."""

import re
from asyncio import CancelledError
from collections.abc import Iterator

MAX_CAUSE = 500  # characters
MAX_PATH = 128  # characters: more than any route has
_CREDENTIALS = re.compile(r"(?<=://)[^\s/@]*@")


def printable(text: str, most: int) -> str:
    """Return the first `most` characters with control and non-ASCII characters escaped, and `...` if there are more."""
    shown = text[:most]
    if not (shown.isascii() and shown.isprintable()):
        escaped = (each if " " <= each <= "~" else each.encode("unicode_escape").decode() for each in shown)
        shown = "".join(escaped)
    return shown + "..." * (len(text) > most)


def request_path(target: str) -> str:
    """Return the path of a request before its query, also if the client escaped the question mark."""
    shown = re.split(r"\?|%(?:25)*3f", target[: MAX_PATH + 1], maxsplit=1, flags=re.IGNORECASE)[0]
    return printable(shown, MAX_PATH)


def cause(error: BaseException) -> str:
    """Return the error with its causes as one line, without the credentials of a URL.

    `repr` would not do: that of redis-py's errors hides the reason, and libpq's have several lines.
    """
    reasons = dict.fromkeys(_chain(error))  # once each: Django repeats the driver's
    return printable(_CREDENTIALS.sub("", ", because of ".join(reasons)), MAX_CAUSE)


def _chain(error: BaseException | None) -> Iterator[str]:
    while error is not None and not isinstance(error, CancelledError):  # a timeout names it as its cause
        text = " ".join(str(error).split()) or "no answer in time" * isinstance(error, TimeoutError)
        yield f"{type(error).__name__}: {text}" if text else type(error).__name__
        error = error.__cause__
