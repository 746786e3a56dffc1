"""What is measured: this site and its baselines, each on a server."""

import secrets
from dataclasses import dataclass, field, replace

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"

JSON_SAY = '{"type":"say","text":"TEXT"}'

UVICORN = ("uvicorn", "--loop", "asyncio", "--http", "h11", "--ws", "websockets-sansio")
UVICORN_QUIET = ("--ws-per-message-deflate", "false", "--no-access-log", "--log-level", "warning")
DAPHNE_QUIET = ("daphne", "-v", "0")


@dataclass(frozen=True)
class Subject:
    """An ASGI application on a server.

    `command` is what Python runs as a module, with PORT where the port goes; `template` what a client sends to say
    TEXT; `greeted` whether a room speaks first to a newcomer; `settings` the environment; `store` where a site of ours
    keeps what it keeps.
    """

    name: str
    command: tuple[str, ...]
    template: str
    greeted: bool
    settings: dict[str, str] = field(default_factory=dict)
    store: str = SQLITE
    room = "/ws/benchmark"
    echo = "/echo"


def _uvicorn(application: str) -> tuple[str, ...]:
    return (*UVICORN, *UVICORN_QUIET, "--host", "127.0.0.1", "--port", "PORT", application)


def _daphne(application: str) -> tuple[str, ...]:
    return (*DAPHNE_QUIET, "-b", "127.0.0.1", "-p", "PORT", application)


OURS = "rtproject.asgi:application"
# The limits that would stop the load are off, and the pulse has a process of its own, as on any larger installation.
OUR_SETTINGS = {
    "SECRET_KEY": secrets.token_urlsafe(),
    "WEBSOCKETS_PER_ADDRESS": "0",
    "ROOMS_MESSAGE_RATE": "0",
    "PULSE_EMBEDDED": "off",
}
OURS_ON_UVICORN = Subject("this site on uvicorn", _uvicorn(OURS), JSON_SAY, True, OUR_SETTINGS)
OURS_ON_DAPHNE = Subject("this site on Daphne", _daphne(OURS), JSON_SAY, True, OUR_SETTINGS)
OURS_ON_UVICORN_POSTGRESQL, OURS_ON_DAPHNE_POSTGRESQL = (
    replace(ours, name=f"{ours.name}, {POSTGRESQL}", store=POSTGRESQL)
    for ours in (OURS_ON_UVICORN, OURS_ON_DAPHNE)
)
FASTAPI = Subject("FastAPI on uvicorn", _uvicorn("benchmarks.baselines.fastapi_chat:app"), "TEXT", False)
CHANNELS = Subject(
    "Channels' tutorial on Daphne",
    _daphne("benchmarks.baselines.channels_chat.asgi:application"),
    '{"message": "TEXT"}',
    False,
)
