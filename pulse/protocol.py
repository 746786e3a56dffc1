"""The frames of `/stats` (docs/protocol.md) and the types of a measurement. No Django."""

from datetime import UTC, datetime

import msgspec

GROUP = "pulse"  # gets the pulses of all hosts
ALERTS_GROUP = "pulse.alerts"  # gets an event without text when alerts have changed
MAX_HISTORY = 720  # samples of each host that a client may request: an hour at the default interval
MAX_REPLAY = 3600  # samples of all hosts together that a client gets first
STRAY_TICKS = 10  # a pulse further behind is not late: the clock or PULSE_INTERVAL was changed


class Usage(msgspec.Struct, frozen=True):
    """The use of a resource, in bytes and percent. A total of 0 means that there is none."""

    percent: float = 0.0
    used: int = 0
    total: int = 0


class Network(msgspec.Struct, frozen=True):
    """Bytes of all interfaces: since the machine started in a Snapshot, else per second."""

    sent: int = 0
    received: int = 0


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a machine at the Unix time `at`.

    `cpu` and `cores` (percent) and `network` are averages over the last `interval` seconds.
    """

    at: float
    interval: float
    cpu: float
    cores: tuple[float, ...]
    memory: Usage
    swap: Usage
    load: tuple[float, float, float]
    disk: Usage
    network: Network
    uptime: int


class Pulse(msgspec.Struct, tag_field="type", tag="pulse", frozen=True, kw_only=True):
    """The frame of one measurement of one host.

    `seq` is the Unix time divided by the pulse interval, rounded down: unique for each host, with gaps
    where a tick was missed. `at` is UTC in RFC 3339.
    """

    cpu: float
    host: str
    seq: int
    at: str
    interval: float
    cores: tuple[float, ...]
    memory: Usage
    swap: Usage
    load: tuple[float, float, float]
    disk: Usage
    network: Network
    uptime: int


class AlertEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One alert of a frame: an `alert_rules.Alert` whose times are UTC in RFC 3339."""

    host: str
    metric: str
    state: str
    value: float
    threshold: float
    since: str
    fired: str | None
    until: str | None


class Alerts(msgspec.Struct, tag_field="type", tag="alerts", frozen=True):
    """The frame of all alerts that are pending, firing, or were resolved in the last minute.

    `thresholds` has the admin's settings by metric, without that of staleness, which no chart shows.
    `current` is false while the store is out of reach: then the others are the last known ones.
    """

    alerts: tuple[AlertEntry, ...]
    thresholds: dict[str, float]
    current: bool = True


_decoder = msgspec.json.Decoder(Pulse)


def pulse_of(measurement: Measurement, host: str, seq: int) -> Pulse:
    """The frame of `measurement`."""
    fields = msgspec.structs.asdict(measurement)
    return Pulse(**fields | {"host": host, "seq": seq, "at": rfc3339(moment(measurement.at))})


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
