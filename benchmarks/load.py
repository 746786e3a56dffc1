"""The load generator: the connections of one measurement, in a process of its own."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Self

from benchmarks.connections import Connections
from benchmarks.machine import GENERATOR_CORE, pin
from benchmarks.results import Figures

_connections = Connections()  # of the generator's process


class Load:
    """The generator, while the `with` runs. Between two calls no connection is read."""

    def __enter__(self) -> Self:
        self._pool = ProcessPoolExecutor(1, get_context("spawn"))
        self._pool.submit(pin, GENERATOR_CORE).result()
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def start(self, work: Callable[..., Figures], **arguments: Any) -> Future[Figures]:
        """Begin a function of `benchmarks.traffic`. The future has what `do` returns or raises."""
        return self._pool.submit(_run, work, arguments)

    def do(self, work: Callable[..., Figures], **arguments: Any) -> Figures:
        """Run a function of `benchmarks.traffic`. Raises RuntimeError if the generator failed."""
        return self.start(work, **arguments).result()


def _run(work: Callable[..., Figures], arguments: dict[str, Any]) -> Figures:
    """Add the share of the time that this process computed: near 1 it is the bottleneck."""
    began, cpu = time.perf_counter(), time.process_time()
    figures = work(_connections, **arguments)
    share = (time.process_time() - cpu) / (time.perf_counter() - began)
    return {**figures, "generator": share}
