"""The pulse frame (docs/protocol.md), as it goes over the wire. Knows nothing of Django."""

from datetime import UTC, datetime

import msgspec

GROUP = "pulse"  # the fan-out group that all pulses of all hosts are told to
ALERTS_GROUP = "pulse.alerts"  # the one that hears that alerts have changed, and looks again
MOST_HISTORY = 720  # samples a host that a client may ask for: an hour of them at the default interval


class Usage(msgspec.Struct, frozen=True):
    """How full something is. `used` and `total` are bytes; a total of 0 means that there is none of it."""

    percent: float = 0.0
    used: int = 0
    total: int = 0


class Network(msgspec.Struct, frozen=True):
    """Bytes: since the machine started in a Snapshot, per second in a Measurement. All interfaces together."""

    sent: int = 0
    received: int = 0


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in the `interval` seconds before the Unix time `at`. `cpu` and `cores` are percent."""

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
    """One host's state at one tick: percentages of 0 to 100, sizes in bytes, times in seconds.

    `seq` is the Unix time divided by the pulse interval, rounded down: unique for each host, with gaps
    where a tick was missed. `at` is UTC as RFC 3339 writes it. `cpu`, `cores` and `network` (bytes per
    second) are over the last `interval`.
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
    """One alert as it is told: times are UTC as RFC 3339 writes it, the others are as `alerts.Alert` has them."""

    host: str
    metric: str
    state: str
    value: float
    threshold: float
    since: str
    fired: str | None
    until: str | None


class Alerts(msgspec.Struct, tag_field="type", tag="alerts", frozen=True):
    """All alerts that are pending or firing, and those that were resolved a moment ago.

    `thresholds` is what the admin set, by metric: percent, load per core. A metric that fires no alert is missing, and
    so is staleness, which no chart shows. `current` is false while the store is out of reach: then the others are what
    was known last, and nobody can tell what is alarming.
    """

    alerts: tuple[AlertEntry, ...]
    thresholds: dict[str, float]
    current: bool = True


def pulse_of(sample: Measurement, host: str, seq: int) -> Pulse:
    """The frame that tells of `sample`."""
    fields = msgspec.structs.asdict(sample)
    return Pulse(**fields | {"host": host, "seq": seq, "at": timestamp(sample.at)})


def encode(frame: Pulse | Alerts) -> str:
    """The frame's JSON text."""
    return msgspec.json.encode(frame).decode()


def decode(text: str) -> Pulse:
    """The pulse whose text `encode` gave. Raises msgspec.ValidationError for any other."""
    return _decoder.decode(text)


_decoder = msgspec.json.Decoder(Pulse)


def moment(unix_time: float) -> datetime:
    """Unix time, in seconds, as an aware datetime, to the millisecond below.

    Rounded down, never up: `at` must not belong to the tick after the one that `seq` says.
    """
    return datetime.fromtimestamp(int(unix_time * 1000) / 1000, UTC)


def timestamp(unix_time: float) -> str:
    """Unix time, in seconds, as RFC 3339 in UTC with milliseconds and `Z`."""
    return written(moment(unix_time))


def written(at: datetime) -> str:
    """A time in UTC as RFC 3339, with milliseconds and `Z`."""
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
