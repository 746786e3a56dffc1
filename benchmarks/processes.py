"""Processes of the benchmark: each on a core of its own, where the system allows, and ended when the run is over."""

import contextlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Self

ROOT = Path(__file__).resolve().parent.parent
SERVER_CORE, GENERATOR_CORE = 0, 1


def can_pin() -> bool:
    """Whether the server and the generator can have a core each."""
    return hasattr(os, "sched_getaffinity") and {SERVER_CORE, GENERATOR_CORE} <= os.sched_getaffinity(0)


def raise_file_limit() -> int:
    """Allows this process and its children as many open files as the system grants. Returns how many that are."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):  # macOS says "unlimited" and means less
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


@contextlib.contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """A process that is started inside, and its threads, stay on this core; on any if it is None."""
    if core is None or not can_pin():
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def environment(**settings: str) -> dict[str, str]:
    """What a process finds in its environment: nothing of ours but `settings`, so that no shell changes a result."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
    mine = {name: value for name, value in os.environ.items() if name in kept or name.startswith("PYTHON")}
    return {**mine, **settings}


class Load:
    """The load generator, to be used in a `with`."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.load"]
        with on_core(GENERATOR_CORE):
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def go_first(self) -> None:
        """Asks that it never waits for a processor which others use, so that no time of theirs is measured."""
        with contextlib.suppress(AttributeError, PermissionError):  # it takes Linux, and the right
            os.sched_setscheduler(self._process.pid, os.SCHED_FIFO, os.sched_param(1))

    def do(self, name: str, **arguments: Any) -> dict[str, float]:
        """Gives an order of `load.Generator` and waits for its answer. Raises RuntimeError if the generator failed."""
        orders, answers = self._pipes()
        orders.write(json.dumps({"do": name, **arguments}) + "\n")
        orders.flush()
        line = answers.readline()
        if not line:
            raise RuntimeError(f"the load generator failed at {name!r}")
        answer: dict[str, float] = json.loads(line)
        return answer

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout
