"""Numbers on events, by which a process notices what the channel layer lost.

No layer says that it dropped something. Each process numbers what it sends to a group, so a hole in the numbers of one
sender is a loss, whatever caused it: a full queue, an outage of Redis, a subscriber that was disconnected.
"""

import secrets
from collections import OrderedDict
from typing import Any

SENDER = secrets.token_hex(6)  # this process, since it started
MOST_GROUPS = 10_000  # numbered at a time; what is forgotten begins again at 1, which is no hole

_sent: OrderedDict[str, int] = OrderedDict()


def stamp(group: str) -> dict[str, Any]:
    """What to add to the next event for `group`: who sends it, and its number."""
    number = _sent.pop(group, 0) + 1
    _sent[group] = number
    if len(_sent) > MOST_GROUPS:
        _sent.popitem(last=False)
    return {"by": SENDER, "number": number}


class Heard:
    """The latest number of each sender that a group was heard of."""

    __slots__ = ("_latest",)

    def __init__(self) -> None:
        self._latest: dict[str, int] = {}

    def gap_before(self, sender: str, number: int) -> int:
        """How many events of `sender` are missing just before `number`; 0 for the first that is heard of it."""
        latest = self._latest.get(sender)
        self._latest[sender] = max(number, latest or 0) if number > 1 else 1  # 1 begins anew
        return max(0, number - latest - 1) if latest is not None else 0
