"""Sending a message to an address of Apprise. It blocks: call it in threads.

An address holds passwords and tokens, so nothing of it is in what is logged, shown or raised here.
"""

import logging
import re
import threading
from urllib.parse import unquote

MAX_REASON = 255
PARTS = re.compile(r"[/:@?&=,#]+")

_log = logging.getLogger("apprise")


class _Lines(logging.Handler):
    """The lines that Apprise logs in this thread: it returns no reasons."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == threading.get_ident():
            self.lines.append(" ".join(record.getMessage().split()))


def send(url: str, title: str, text: str, *, is_end: bool = False) -> str:
    """Send a message to `url`. Return why it was not sent, or nothing if it was."""
    import apprise  # takes 40 MB: only where there is a channel

    handler = _Lines()
    _log.addHandler(handler)
    try:
        target = apprise.Apprise(asset=apprise.AppriseAsset(app_id="Pulse", async_mode=False))
        kind = apprise.NotifyType.SUCCESS if is_end else apprise.NotifyType.FAILURE
        if not target.add(url):
            return "this is no address that Apprise knows"
        if target.notify(text, title, kind, body_format=apprise.NotifyFormat.TEXT):
            return ""
    except Exception as error:  # of any of a hundred services
        handler.lines.append(f"it fails with {type(error).__name__}")
    finally:
        _log.removeHandler(handler)
    return redacted(handler.lines[-1] if handler.lines else "it was not sent", url)


def is_address(url: str) -> bool:
    """Return whether `url` is an address of Apprise."""
    import apprise

    return bool(apprise.Apprise.instantiate(url))


def redacted(text: str, url: str) -> str:
    """The text without any part of `url` but its scheme."""
    parts = [part for part in PARTS.split(url)[1:] if len(part) > 2]
    secrets = {*parts, *map(unquote, parts), unquote(url), url}
    longest_first = "|".join(map(re.escape, sorted(secrets, key=len, reverse=True)))
    return re.sub(longest_first, "***", text, flags=re.IGNORECASE)[:MAX_REASON]


def masked(url: str) -> str:
    """What is shown of an address: its scheme, since even a host name may be a token."""
    return f"{url.partition('://')[0]}://***"
