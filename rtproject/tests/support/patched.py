"""Servers on which something is not as it always is."""

from rtproject.tests.support.servers import Daphne, Server, Uvicorn

MAIN = {
    Daphne: "\nfrom daphne.cli import CommandLineInterface\nCommandLineInterface.entrypoint()",
    Uvicorn: "\nfrom uvicorn.main import main\nmain()",
}


def patched(kind: type[Server], code: str) -> type[Server]:
    """A server of this `kind` whose process runs `code` before it starts."""
    command = ("-c", code + MAIN[kind], *kind.command[2:])
    return type(f"Patched{kind.__name__}", (kind,), {"command": command})
