"""Helpers of several tests: a clock that they move, snapshots, pulses and samples."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from django.db import OperationalError, connection

from pulse.models import Host
from pulse.protocol import GROUP, DiskUsage, Measurement, Network, Pulse, Usage, encode, moment, pulse_of
from pulse.sampling import clock
from pulse.storage.store import NewSample, store_samples
from rtproject.websocket.groups.registry import broadcast

NOON = 1_800_000_000.0  # a Unix time on the grid of every interval that tests use
INTERVAL = 5.0


class FakeClock:
    """A clock in place of the machine's, which moves when it is asked to sleep."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, now: float = NOON) -> None:
        self.time = now
        monkeypatch.setattr(clock, "now", self.now)
        monkeypatch.setattr(clock, "sleep", self.sleep)

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


IDLE = Measurement(
    at=NOON,
    interval=INTERVAL,
    cpu=0.0,
    cores=(),
    memory=Usage(),
    swap=Usage(),
    load=(0.0, 0.0, 0.0),
    disk=DiskUsage(),
    network=Network(0, 0),
    uptime=0,
)


def pulse(host: str = "web-1", seq: int = 1, at: float = NOON, **figures: Any) -> Pulse:
    """A pulse of an idle machine, apart from `figures`."""
    return pulse_of(msgspec.structs.replace(IDLE, at=at, **figures), host, seq)


def new_sample(
    host: str,
    at: float,
    seq: int | None = None,
    *,
    interval: float = INTERVAL,
    missed: int = 0,
    **figures: Any,
) -> NewSample:
    """A sample to store, by default of the tick of `at`."""
    made = pulse(host, int(at // interval) if seq is None else seq, at, **figures)
    return NewSample(made, encode(made), at, interval, missed)


def store_host(host: str, *pulses: tuple[int, float], interval: float = INTERVAL) -> None:
    """Store samples of `host`, each as `(seq, at)`, as if each had come at its time."""
    store_samples([new_sample(host, at, seq, interval=interval) for seq, at in pulses])
    Host.objects.filter(name=host).update(seen=moment(pulses[-1][1]))


@contextmanager
def store_failing() -> Iterator[None]:
    """Let every query of this thread fail."""

    def refuse(*args: object) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse):
        yield


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The warnings that were logged."""
    return [record.message for record in caplog.records if record.levelname == "WARNING"]


async def send_pulse(host: str, seq: int) -> None:
    """Publish a pulse, as a worker does."""
    await broadcast(GROUP, encode(pulse(host, seq, NOON + INTERVAL * seq)), host=host, seq=seq)
