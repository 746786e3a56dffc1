"""The load generator: a process of its own that obeys one order a line and answers with one line of JSON.

An order is `{"do": name, ...}`, where `name` is a method of Generator and the rest its arguments. The answer comes when
what was ordered is over; between two orders nothing is read from any connection.
"""

import json
import sys
import time
from dataclasses import asdict
from typing import Any

from benchmarks import speakers, talk
from benchmarks.crowd import Crowd, Place


class Generator:
    """The connections of one run. Each public method is an order; its result is the answer."""

    def __init__(self) -> None:
        self._crowd = Crowd()

    def connect(self, place: dict[str, Any], count: int) -> dict[str, float]:
        """Lets `count` more members in. Answers with how many came in a second."""
        began = time.perf_counter()
        self._crowd.connect(Place(**place), count)
        return {"per_second": count / (time.perf_counter() - began)}

    def stall(self, place: dict[str, Any], count: int) -> dict[str, float]:
        """Lets in `count` who never read."""
        self._crowd.stall(Place(**place), count)
        return {}

    def settle(self) -> dict[str, float]:
        """Reads until nothing comes. Answers with how many connections are open."""
        self._crowd.settle()
        return {"open": len(self._crowd.members) - self._crowd.lost}

    def closed_loop(self, **how: Any) -> dict[str, float]:
        """See `talk.closed_loop`."""
        return self._busy(talk.closed_loop, **how)

    def paced(self, **how: Any) -> dict[str, float]:
        """See `talk.paced`."""
        return self._busy(talk.paced, **how)

    def reconnect(self, place: dict[str, Any], **how: Any) -> dict[str, float]:
        """See `talk.reconnect`."""
        return self._busy(talk.reconnect, place=Place(**place), **how)

    def everybody(self, **how: Any) -> dict[str, float]:
        """See `speakers.everybody`."""
        return self._busy(speakers.everybody, **how)

    def _busy(self, what: Any, **how: Any) -> dict[str, float]:
        """Does it, and adds what share of the time this process was computing: near 1 it is the bottleneck."""
        began, cpu = time.perf_counter(), time.process_time()
        heard = what(self._crowd, **how)
        share = (time.process_time() - cpu) / (time.perf_counter() - began)
        return {**asdict(heard), "generator": share}


def main() -> None:
    """Obeys until standard input ends."""
    generator = Generator()
    for line in sys.stdin:
        order = json.loads(line)
        answer = getattr(generator, order.pop("do"))(**order)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
