"""What the connections of a crowd do: one speaks, at a pace or as fast as all hear it, or all come back at once."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.client import CLOCK_DIGITS, Client, message
from benchmarks.crowd import Crowd, Place

SAMPLED = 25  # members whose latencies are taken, spread evenly over the order of joining
PATIENCE = 10.0  # seconds that the last messages have to arrive
WARM_UP = 3  # messages before those that count
AT_LEAST = 5  # messages that count, however long a slow server takes for them


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of it. `missing` is what should have been delivered and was not, `surplus` what came too often."""

    sent: int
    delivered: int
    missing: int
    surplus: int
    lost: int  # connections
    seconds: float
    p50: float  # milliseconds from a speaker's send to a receipt that was sampled; not a number if none was
    p99: float


class Latencies:
    """The times that messages took to the clients it listens at, in nanoseconds."""

    def __init__(self) -> None:
        self.taken: list[int] = []

    def listen(self, clients: list[Client]) -> None:
        """Takes the time of each message that one of `clients` hears from now on."""
        for client in clients:
            client.heard = self.hear

    def hear(self, _client: Client, data: bytes, at: int) -> None:
        """A client's `heard`."""
        self.taken.append(time.perf_counter_ns() - int(data[at : at + CLOCK_DIGITS]))

    def milliseconds(self, share: float) -> float:
        """The latency that `share` (0 to 1) of all messages did not exceed; not a number if there were none."""
        if not self.taken:
            return math.nan
        ordered = sorted(self.taken)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] / 1e6


def closed_loop(crowd: Crowd, template: str, size: int, seconds: float) -> Heard:
    """One member speaks, and speaks again as soon as every member has heard it. `size` is the text's, in bytes."""
    for _ in range(WARM_UP):
        _speak(crowd, template, size)
    latencies = _begin(crowd)
    sent, began = 0, time.perf_counter()
    while time.perf_counter() < began + seconds or sent < AT_LEAST:
        sent += 1
        if not _speak(crowd, template, size):
            break
    return outcome(crowd, latencies, sent, time.perf_counter() - began)


def paced(crowd: Crowd, template: str, size: int, seconds: float, rate: float) -> Heard:
    """One member speaks `rate` times a second, whether the others have heard it or not."""
    _speak(crowd, template, size)
    latencies = _begin(crowd)
    speaker, began = crowd.members[0], time.perf_counter()
    count = round(rate * seconds)
    for number in range(count):
        due = began + number / rate
        while (left := due - time.perf_counter()) > 0:
            crowd.pump(left)
        speaker.send(message(template, size))
    expected = count * len(crowd.members)
    deadline = time.perf_counter() + PATIENCE
    while crowd.total < expected and time.perf_counter() < deadline:
        speaker.flush()
        crowd.pump(0.01)
    return outcome(crowd, latencies, count, time.perf_counter() - began)


def reconnect(crowd: Crowd, place: Place, count: int, messages: int) -> Heard:
    """`count` clients come in as fast as they are let in, and each is shown `messages` that were said before."""
    began = time.perf_counter()
    crowd.connect(place, count)
    crowd.pump_until(lambda: crowd.total >= messages * count, PATIENCE)
    took = time.perf_counter() - began
    return outcome(crowd, Latencies(), messages, took)


def _speak(crowd: Crowd, template: str, size: int) -> bool:
    """Says one thing and waits until all have heard it. Returns whether they did."""
    expected = crowd.total + len(crowd.members)
    crowd.members[0].send(message(template, size))
    return crowd.pump_until(lambda: crowd.total >= expected)


def _begin(crowd: Crowd) -> Latencies:
    """From here on it counts."""
    latencies = Latencies()
    latencies.listen(crowd.members[:: max(1, len(crowd.members) // SAMPLED)])
    crowd.forget()
    return latencies


def outcome(
    crowd: Crowd, latencies: Latencies, sent: int, seconds: float, each: Sequence[int] | None = None
) -> Heard:
    """Compares, member by member, what was heard with what was to be: all that was sent, or a number of `each`."""
    crowd.settle(quiet=0.2, seconds=PATIENCE)  # what came too often would come now
    expected = [sent] * len(crowd.members) if each is None else each
    over = [client.received - due for client, due in zip(crowd.members, expected, strict=True)]
    missing, surplus = -sum(min(0, number) for number in over), sum(max(0, number) for number in over)
    p50, p99 = latencies.milliseconds(0.5), latencies.milliseconds(0.99)
    return Heard(sent, crowd.total, missing, surplus, crowd.lost, seconds, p50, p99)
