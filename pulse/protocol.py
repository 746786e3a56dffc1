"""The frames of `/stats` (docs/protocol.md) and the types of a measurement. No Django."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

GROUP = "pulse"  # gets the pulses of all hosts
ALERTS_GROUP = "pulse.alerts"  # gets an event without text when alerts have changed
MAX_HISTORY = 720  # samples of each host that a client may request: an hour at the default interval
MAX_REPLAY = 3600  # samples of all hosts together that a client gets first
STRAY_TICKS = 10  # a pulse further behind is not late: the clock or PULSE_INTERVAL was changed


Percent = Annotated[float, Meta(ge=0, le=100)]
Size = Annotated[int, Meta(ge=0, le=2**62)]
Real = Annotated[float, Meta(ge=0, le=1e12)]


class Usage(Struct, frozen=True):
    """The use of a resource, in bytes and percent. A total of 0 means that there is none."""

    percent: Percent = 0.0
    used: Size = 0
    total: Size = 0


class DiskUsage(Usage, frozen=True):
    """The use of a disk. `percent` is of the space that users have, of which `available` bytes are left."""

    available: Size | None = None
    inodes: Percent | None = None


class Disk(Struct, frozen=True):
    """The use of the disk at `mount`, null if it does not answer. Some disks have no fixed number of `inodes`."""

    mount: Annotated[str, Meta(max_length=1024)]
    percent: Percent | None
    available: Size | None
    total: Size | None
    inodes: Percent | None = None


class DiskIO(Struct, frozen=True):
    """Bytes of the disks per second, and in all since the process that measures was started."""

    read: Size
    written: Size
    read_total: Size
    written_total: Size


class Network(Struct, frozen=True, omit_defaults=True):
    """Bytes of the uplinks per second, and in all since the process that measures was started."""

    sent: Size
    received: Size
    sent_total: Size | None = None
    received_total: Size | None = None


class Figures(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The figures of a machine. A part that could not be measured is null, and its name in `missing`.

    `cpu`, `cores`, `steal` and `iowait` (percent) and `network` are averages over the last `interval` seconds. Fields
    with a default may be absent from stored frames. `cpu_seconds` is the use of all cores since the machine started.
    """

    cpu: Percent
    interval: Real
    cores: Annotated[tuple[Percent, ...], Meta(max_length=4096)] | None
    memory: Usage | None
    swap: Usage | None
    load: tuple[Real, Real, Real] | None
    disk: DiskUsage | None
    network: Network | None
    uptime: Size | None
    steal: Percent | None = None
    iowait: Percent | None = None
    disks: Annotated[tuple[Disk, ...], Meta(max_length=64)] | None = None
    io: DiskIO | None = None
    cpu_seconds: Real | None = None
    limited: bool = False
    missing: Annotated[tuple[Annotated[str, Meta(max_length=1024)], ...], Meta(max_length=64)] = ()


class Measurement(Figures, frozen=True, kw_only=True):
    """The figures at the Unix time `at`."""

    at: Real


class Pulse(Figures, tag_field="type", tag="pulse", frozen=True, kw_only=True):
    """The frame of one measurement of one host.

    `seq` is the Unix time divided by the pulse interval, rounded down: unique for each host, with gaps
    where a tick was missed. `at` is UTC in RFC 3339.
    """

    host: str
    seq: int
    at: str
    clock: float | None = None  # seconds that the host's clock is ahead, if that is much
    conflict: bool = False  # another machine posts under the same name, and is refused


class Post(Struct, frozen=True):
    """What an agent posts. Times are of its own clock, `boot` is a name of the machine since it started."""

    boot: Annotated[str, Meta(min_length=1, max_length=64)]
    now: Real
    samples: Annotated[tuple[Measurement, ...], Meta(max_length=3600)]
    stopping: bool = False  # it says goodbye: its silence is no alert


class AlertEntry(Struct, frozen=True, kw_only=True):
    """One alert of a frame: an `alert_rules.Alert` whose times are UTC in RFC 3339."""

    host: str
    metric: str
    state: str
    value: float
    threshold: float
    since: str
    fired: str | None
    until: str | None


class Alerts(Struct, tag_field="type", tag="alerts", frozen=True):
    """The frame of all alerts that are pending, firing, or were resolved in the last minute.

    `thresholds` has the admin's settings by metric, without that of staleness, which no chart shows, and
    `host_thresholds` by host those that differ. `current` is false while the store is out of reach: then the others
    are the last known ones.
    """

    alerts: tuple[AlertEntry, ...]
    thresholds: dict[str, float]
    host_thresholds: dict[str, dict[str, float]] = {}
    current: bool = True


_decoder = msgspec.json.Decoder(Pulse)


def pulse_of(measurement: Measurement, host: str, seq: int, **notes: Any) -> Pulse:
    """The frame of `measurement`, with `notes` of the server in further fields."""
    fields = msgspec.structs.asdict(measurement)
    return Pulse(**fields | notes | {"host": host, "seq": seq, "at": rfc3339(moment(measurement.at))})


def figure(path: str) -> Callable[[Pulse], float | None]:
    """A function that reads a figure of a pulse, such as `disk.percent` or `load.0`: None if it was not measured."""
    part, _, name = path.partition(".")

    def read(pulse: Pulse) -> Any:
        value = getattr(pulse, part)
        if value is None or not name:
            return value
        return value[int(name)] if name.isdigit() else getattr(value, name)

    return read


def encode(frame: Pulse | Alerts) -> str:
    """The JSON text of `frame`."""
    return msgspec.json.encode(frame).decode()


def decode(text: str) -> Pulse:
    """The pulse of a text that `encode` made. Raise msgspec.ValidationError for any other."""
    return _decoder.decode(text)


def moment(unix_time: float) -> datetime:
    """Unix time as an aware datetime, rounded down to a millisecond.

    Rounded up, `at` could belong to the tick after `seq`.
    """
    return datetime.fromtimestamp(int(unix_time * 1000) / 1000, UTC)


def rfc3339(at: datetime) -> str:
    """A datetime in UTC in RFC 3339, with milliseconds and `Z`."""
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
