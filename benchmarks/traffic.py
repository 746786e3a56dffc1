"""The kinds of traffic: functions that run in the load generator's process, see `Load`."""

import math
import time
from collections.abc import Sequence
from functools import partial

from benchmarks.client import CLOCK_DIGITS, SENDER_DIGITS, TEXT_BYTES, message
from benchmarks.connections import Connections, Endpoint
from benchmarks.results import Figures

SAMPLED = 25  # members whose latencies are taken, spread evenly over the order of joining
TIMEOUT = 10.0  # seconds that the last messages have to arrive
WARM_UP = 3  # messages before those that count
AT_LEAST = 5  # messages that count, however slow the server is


def connect(connections: Connections, endpoint: Endpoint, count: int, stalled: int = 0) -> Figures:
    """Open `count` connections and `stalled` ones that are never read; wait until it is quiet."""
    began = time.perf_counter()
    connections.connect(endpoint, count)
    took = time.perf_counter() - began
    connections.stall(endpoint, stalled)
    connections.settle()
    return {"connects": count / took, "open": len(connections.members) - connections.lost}


def closed_loop(connections: Connections, template: str, seconds: float, pause: float = 0.0) -> Figures:
    """One member sends, each message `pause` seconds after all members have received the one before."""
    for _ in range(0 if pause else WARM_UP):
        _send(connections, template)
    latencies = _begin(connections)
    sent, began = 0, time.perf_counter()
    while time.perf_counter() < began + seconds or sent < AT_LEAST:
        sent += 1
        if not _send(connections, template):
            break
        time.sleep(pause)
    return _figures(connections, latencies, [sent] * len(connections.members), sent, began)


def paced(
    connections: Connections, template: str, seconds: float, rate: float, size: int = TEXT_BYTES
) -> Figures:
    """One member sends `rate` messages a second, whether the others have received them or not."""
    _send(connections, template)
    latencies = _begin(connections)
    sender, began = connections.members[0], time.perf_counter()
    count = round(rate * seconds)
    for number in range(count):
        due = began + number / rate
        while (left := due - time.perf_counter()) > 0:
            connections.pump(left)
        sender.send(message(template, size=size))
    deadline = time.perf_counter() + TIMEOUT
    while connections.total < count * len(connections.members) and time.perf_counter() < deadline:
        sender.send()
        connections.pump(0.01)
    return _figures(connections, latencies, [count] * len(connections.members), count, began)


def everybody(
    connections: Connections, template: str, shared: bool, ahead: int, seconds: float = 0.0
) -> Figures:
    """All send `ahead` messages at once, and another one whenever one of their own comes back.

    The latter goes on for `seconds`. `shared` tells whether each message is for all or only for its sender. The
    latencies are the senders' own.
    """
    members = connections.members
    latencies: list[int] = []
    sent = [0] * len(members)
    connections.reset()
    began = time.perf_counter()

    def send(number: int, count: int) -> None:
        sent[number] += count
        members[number].send(b"".join(message(template, number) for _ in range(count)))

    def on_message(number: int, data: bytes, at: int) -> None:
        sender = at + CLOCK_DIGITS
        if int(data[sender : sender + SENDER_DIGITS]) == number:
            _take_latency(latencies, data, at)
            if time.perf_counter() < began + seconds:
                send(number, 1)

    for number, client in enumerate(members):
        client.on_message = partial(on_message, number)
        send(number, ahead)
    receivers = len(members) if shared else 1
    connections.pump_until(lambda: connections.total >= receivers * sum(sent), seconds + TIMEOUT)
    expected = [sum(sent)] * len(members) if shared else sent
    return _figures(connections, latencies, expected, sum(sent), began)


def reconnect(connections: Connections, endpoint: Endpoint, count: int, messages: int) -> Figures:
    """`count` clients connect as fast as they can, and each receives `messages` of the history."""
    began = time.perf_counter()
    connections.connect(endpoint, count)
    connections.pump_until(lambda: connections.total >= messages * count, TIMEOUT)
    return _figures(connections, [], [messages] * count, messages, began)


def _send(connections: Connections, template: str) -> bool:
    """Send one message and wait until all have received it. Returns whether they did."""
    expected = connections.total + len(connections.members)
    connections.members[0].send(message(template))
    return connections.pump_until(lambda: connections.total >= expected)


def _begin(connections: Connections) -> list[int]:
    """Count from here on. Returns a list that takes the latencies at some of the members."""
    connections.reset()
    latencies: list[int] = []
    for client in connections.members[:: max(1, len(connections.members) // SAMPLED)]:
        client.on_message = partial(_take_latency, latencies)
    return latencies


def _take_latency(latencies: list[int], data: bytes, at: int) -> None:
    """Add the nanoseconds since a message was sent, see `Client.on_message`."""
    latencies.append(time.perf_counter_ns() - int(data[at : at + CLOCK_DIGITS]))


def _percentile(latencies: Sequence[int], share: float) -> float:
    """The milliseconds that `share` (0 to 1) of all messages did not exceed, or NaN."""
    if not latencies:
        return math.nan
    return sorted(latencies)[max(0, math.ceil(share * len(latencies)) - 1)] / 1e6


def _figures(
    connections: Connections, latencies: Sequence[int], expected: Sequence[int], sent: int, began: float
) -> Figures:
    """Compare what each member received with what was `expected`, and describe the traffic.

    `missing` messages were not delivered, `surplus` ones more than once; `p50` and `p99` are milliseconds.
    """
    seconds = time.perf_counter() - began
    connections.settle(quiet=0.2, seconds=TIMEOUT)  # duplicates would arrive now
    over = [client.received - due for client, due in zip(connections.members, expected, strict=True)]
    return {
        "sent": sent,
        "delivered": connections.total,
        "missing": -sum(min(0, number) for number in over),
        "surplus": sum(max(0, number) for number in over),
        "seconds": seconds,
        "p50": _percentile(latencies, 0.5),
        "p99": _percentile(latencies, 0.99),
        "longest": _percentile(latencies, 1.0),
    }
