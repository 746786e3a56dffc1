"""The applications that are measured, this site and its baselines, each on a server."""

from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"

UVICORN = (
    "uvicorn --loop asyncio --http h11 --ws websockets-sansio --ws-per-message-deflate false"
    " --no-access-log --log-level warning --host 127.0.0.1 --port {port} "
)
DAPHNE = "daphne -v 0 -b 127.0.0.1 -p {port} "
SITE = "rtproject.asgi:application"
SAY = '{"type":"say","text":"TEXT"}'


@dataclass(frozen=True, slots=True)
class Subject:
    """An ASGI application on a server.

    `command` is a Python module with its arguments; `template` is the frame that says TEXT in a room; `greeted`
    tells whether a room sends the first message; `store` is the database of this site; `needs` is a package, or a file.
    """

    name: str
    command: str
    template: str
    greeted: bool
    store: str = SQLITE
    needs: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether what it needs is on this machine."""
        return (
            Path(self.needs).exists() if self.needs.startswith("/") else bool(find_spec(self.needs or "sys"))
        )


OURS_ON_UVICORN = Subject("this site on uvicorn", UVICORN + SITE, SAY, True)
OURS_ON_DAPHNE = Subject("this site on Daphne", DAPHNE + SITE, SAY, True)
FASTAPI = Subject("FastAPI on uvicorn", UVICORN + "benchmarks.baselines.fastapi_chat:app", "TEXT", False)
CHANNELS = Subject(
    "Channels' tutorial on Daphne",
    DAPHNE + "benchmarks.baselines.channels_chat:application",
    '{"message": "TEXT"}',
    False,
)
DROP_IN = replace(
    CHANNELS,
    name="its consumers on our base, on Daphne",
    command=DAPHNE + "benchmarks.baselines.drop_in_chat:application",
)

UWEBSOCKETS, PICOWS = (
    Subject(name, f"benchmarks.baselines.{name.lower()}_chat {{port}}", "TEXT", False, needs=package)
    for name, package in (("uWebSockets", "socketify"), ("picows", "picows"))
)
NCHAN = replace(
    PICOWS,
    name="Nchan",
    command="benchmarks.baselines.nchan_chat {port}",
    needs="/usr/lib/nginx/modules/ngx_nchan_module.so",
)

OURS = (OURS_ON_UVICORN, OURS_ON_DAPHNE)
OURS_ON_POSTGRESQL = tuple(
    replace(ours, name=f"{ours.name}, {POSTGRESQL}", store=POSTGRESQL) for ours in OURS
)
BASELINES = (FASTAPI, CHANNELS)
ANCHORS = (UWEBSOCKETS, PICOWS, NCHAN)  # near to the least that a delivery costs
ALL = (FASTAPI, OURS_ON_UVICORN, CHANNELS, DROP_IN, OURS_ON_DAPHNE)
