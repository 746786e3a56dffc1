"""Numbers on events, by which a process notices what the channel layer lost.

No layer says that it dropped something. Each process numbers what it sends to a group, so a hole in the numbers of one
sender is a loss, whatever caused it: a full queue, an outage of Redis, a subscriber that was disconnected.
"""

import os
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

_START = secrets.token_hex(6)  # of this process, and of those that it forks: they differ in their pid
MOST_GROUPS = 10_000  # numbered at a time; what is forgotten begins again at 1, which is no hole


@dataclass(slots=True)
class _Sent:
    """What this process sent to one group."""

    latest: int = 0  # number that was given
    taken: int = 0  # highest number that the layer took
    on_their_way: int = 0


_sent: OrderedDict[str, _Sent] = OrderedDict()


async def publish(
    group_send: Callable[[str, dict[str, Any]], Awaitable[None]], group: str, event: dict[str, Any]
) -> None:
    """Sends `event` with the name of this process and the next number of `group`. Raises what `group_send` raises.

    Nobody misses what its sender was told to have failed: when nothing is on its way any more, the numbers after the
    last one that was taken are given again. If it arrived all the same, since only the answer was lost, its number
    comes twice, which is no hole. Only a failure beside something later that the layer took counts as a loss.
    """
    sent = _sent_to(group)
    sent.latest += 1
    sent.on_their_way += 1
    number = sent.latest
    try:
        await group_send(group, {**event, "by": f"{_START}-{os.getpid()}", "number": number})
        sent.taken = max(sent.taken, number)
    finally:
        sent.on_their_way -= 1
        if not sent.on_their_way:
            sent.latest = sent.taken


def _sent_to(group: str) -> _Sent:
    sent = _sent.setdefault(group, _Sent())
    _sent.move_to_end(group)
    if len(_sent) > MOST_GROUPS:
        _sent.popitem(last=False)
    return sent


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
