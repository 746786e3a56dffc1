"""What several tests of the pulse need: time that does not pass, a machine that does as it is told, pulses."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from django.db import OperationalError, connection

from pulse.models import Host, Sample
from pulse.protocol import GROUP, Pulse, encode, moment, pulse_of
from pulse.sampling.clock import SystemClock
from pulse.sampling.sampler import CpuTimes, Snapshot, difference
from pulse.storage.store import NewSample
from rtproject.websocket.groups.registry import broadcast

NOON = 1_800_000_000.0  # a Unix time on the grid of every interval that tests use
BEAT = 5.0  # seconds from one pulse to the next


class FakeClock(SystemClock):
    """A clock on which sleeping takes no time and moves the hand exactly so far."""

    def __init__(self, now: float = NOON) -> None:
        self.time = now

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


def snapshot(at: float = NOON, busy: float = 0.0, idle: float = 0.0, **more: Any) -> Snapshot:
    """What was read at the Unix time `at`, on a machine whose monotonic clock shows the same."""
    return Snapshot(at=at, clock=at, cpu=CpuTimes(busy, idle), **more)


def pulse(host: str, seq: int, at: float, **figures: Any) -> Pulse:
    """A pulse of a machine that does nothing, apart from `figures`."""
    idle = pulse_of(difference(snapshot(at - BEAT), snapshot(at)), host, seq)
    return msgspec.structs.replace(idle, **figures)


def frame(host: str, seq: int, at: float) -> str:
    """The text of a pulse."""
    return encode(pulse(host, seq, at))


def measured(host: str, at: float, seq: int | None = None, missed: int = 0, **figures: Any) -> NewSample:
    """A pulse as it is handed to the store, by default of the tick that `at` is in."""
    made = pulse(host, int(at // BEAT) if seq is None else seq, at, **figures)
    return NewSample(made, encode(made), at, BEAT, missed)


def stored(host: str, seq: int, at: float) -> Sample:
    """A sample as the worker stores it, not stored yet."""
    return Sample(host=host, seq=seq, at=moment(at), frame=frame(host, seq, at))


def store_pulses(host: str, *pulses: tuple[int, float], interval: float = BEAT) -> None:
    """Stores samples of `host`, each as `(seq, at)`, and what is known of a host whose newest one is the last."""
    Sample.objects.bulk_create([stored(host, seq, at) for seq, at in pulses], ignore_conflicts=True)
    seq, at = pulses[-1]
    Host.objects.create(
        name=host, at=moment(at), seen=moment(at), frame=frame(host, seq, at), interval=interval
    )


@contextmanager
def store_away() -> Iterator[None]:
    """Lets every query of this thread fail."""

    def refuse(*args: object) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse):
        yield


async def send_pulse(host: str, seq: int) -> None:
    """What a worker does at a tick."""
    await broadcast(GROUP, frame(host, seq, NOON + 5 * seq), host=host, seq=seq)


def host_and_seq(text: str) -> tuple[str, int]:
    """Which pulse the frame `text` is."""
    pulse = json.loads(text)
    return pulse["host"], pulse["seq"]
