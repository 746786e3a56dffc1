"""A server's end without a server."""

import asyncio

from rtproject.websocket.tests.helpers import soon


class Reactor:
    """Twisted's reactor as far as a shutdown goes."""

    running = True

    def __init__(self):
        self.triggers = []

    def addSystemEventTrigger(self, phase, event, call):  # noqa: N802 - Twisted's name
        self.triggers.append((phase, event, call))

    async def shut_down(self):
        """What a running reactor does at SIGTERM: calls the trigger and waits for its Deferred."""
        [(phase, event, call)] = self.triggers
        assert (phase, event) == ("before", "shutdown")
        await soon(call().asFuture(asyncio.get_running_loop()))
