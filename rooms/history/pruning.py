"""Pruning of messages beyond a room's history size. It blocks: call it in a thread."""

from enum import Enum
from itertools import takewhile

from rooms.history.store import now
from rooms.models import Message, MessageSequence, Room
from rtproject.utils.clocks import is_over
from rtproject.utils.db import short_transaction

STEP = 200  # messages deleted at a time: the room is locked for a few milliseconds
# Nothing younger is deleted, however small the history: a process that missed it still has to show it.
AGE = 15.0  # seconds


class Beyond(Enum):
    """The messages that are left beyond a room's history size."""

    NOTHING = "nothing"
    MORE = "more than was deleted at a time"
    YOUNG = "only what is too young to be deleted"


def prune(room: int) -> Beyond:
    """Delete some messages of the row `room` beyond its history size. Raises django.db.Error."""
    with short_transaction():
        sequence = MessageSequence.objects.select_for_update().filter(pk=room).first()
        if sequence is None:
            return Beyond.NOTHING
        size = Room.objects.values_list("history_size", flat=True).get(pk=room)
        beyond = sequence.pruned_through(size)
        rows = Message.objects.filter(room=room, seq__gt=sequence.pruned, seq__lte=beyond).order_by("seq")
        present = now().timestamp()  # hosts' clocks differ: what is old may stand behind what is young
        found = rows.values_list("seq", "at")[:STEP]
        seqs = [seq for seq, _ in takewhile(lambda row: is_over(row[1].timestamp(), present, AGE), found)]
        if seqs:
            sequence.pruned = seqs[-1]
            sequence.save(update_fields=["pruned"])
            Message.objects.filter(room=room, seq__lte=sequence.pruned).discard()
    if sequence.pruned >= beyond:
        return Beyond.NOTHING
    return Beyond.MORE if len(seqs) == STEP else Beyond.YOUNG
