"""Signals for other code, sent after what they tell of, in the process where it happened, by a thread of its own.

A receiver may block, use the ORM and raise: that delays other signals and nothing else. They are no journal: when
MAX_WAITING wait, others are dropped. `sender` is None, `room` a room's name; accept `**kwargs`, there may be more.
"""

import atexit
import queue
import threading
from typing import Any

from django.db import close_old_connections
from django.dispatch import Signal

from rtproject.websocket.utils.flood_log import FloodLog

MAX_WAITING = 10_000
EXIT_SECONDS = 2.0  # for receivers when the process ends


class RoomSignal(Signal):
    """A signal that logs the first of many failures of its receivers."""

    failures = FloodLog()

    def _log_robust_failure(self, receiver: Any, err: Exception) -> None:
        self.failures.report("a receiver of a signal of rooms fails: %r", receiver, error=err)


message_posted = RoomSignal()  # room, message (a `rooms.protocol.MessageFrame`)
message_deleted = RoomSignal()  # room, seq, target (the message's number), by ("author" or "moderator")
member_joined = RoomSignal()  # room, member (a `rooms.protocol.Person`)
member_left = RoomSignal()  # the same; for a process that died it is sent where that is found out
connection_refused = RoomSignal()  # room, code (the close code), address (None inside the process)

_waiting: queue.Queue[tuple[Signal, dict[str, Any]]] = queue.Queue(MAX_WAITING)
_dropped = FloodLog()
_lock = threading.Lock()
_sender = threading.Thread()


def emit(signal: Signal, **arguments: Any) -> None:
    """Have `signal` sent, from any thread. Returns at once, and does nothing if it has no receivers."""
    global _sender
    if not signal.receivers:
        return
    with _lock:
        if not _sender.is_alive():  # not started, or not in this fork
            _sender = threading.Thread(target=_send, name="rooms signals", daemon=True)
            _sender.start()
    try:
        _waiting.put_nowait((signal, arguments))
    except queue.Full:
        _dropped.report("the receivers of signals of rooms are too slow, and miss some")


def _send() -> None:
    while True:
        signal, arguments = _waiting.get()
        close_old_connections()
        signal.send_robust(None, **arguments)
        _waiting.task_done()


@atexit.register
def _finish() -> None:
    with _waiting.all_tasks_done:
        _waiting.all_tasks_done.wait_for(lambda: not _waiting.unfinished_tasks, EXIT_SECONDS)
