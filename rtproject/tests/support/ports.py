"""Ports for servers that come back on the same one."""

import secrets
import socket

# Below what kernels hand out: a client that connects while the server is down could be given its port otherwise.
LOWEST, HIGHEST = 15_000, 32_000
ATTEMPTS = 100


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free. OSError if none is found."""
    for _ in range(ATTEMPTS):
        port = LOWEST + secrets.randbelow(HIGHEST - LOWEST)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise OSError("there is no free port")
