"""One connection on a server that is made by hand: whatever ends it, it is cleaned up exactly once."""

import pytest

from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.groups.registry import GroupRegistry, current_registry
from rtproject.websocket.tests.helpers import ACCEPT, soon
from rtproject.websocket.tests.recorder import Recorder, connection

pytestmark = pytest.mark.usefixtures("memory")


class TestCleanUp:
    """Whatever ends a connection, it has left its groups before `disconnect` runs, exactly once."""

    @staticmethod
    async def assert_left(kind, code):
        assert kind.ended == [code]
        assert current_registry()._groups == {}

    @pytest.mark.parametrize(("message", "code"), [({"code": 4999}, 4999), ({}, 1005)])
    async def test_when_the_client_goes(self, message, code):
        """`disconnect` has the client's code, and 1005 if its close frame had none."""
        client = connection(Recorder)
        client.say({"type": "websocket.disconnect", **message})
        await soon(client.run())
        await self.assert_left(Recorder, code)

    @pytest.mark.parametrize("where", ["connect", "receive"])
    async def test_when_our_own_code_fails(self, where):
        """A fault of ours goes on to the server, after everything was given back."""

        class Faulty(Recorder):
            async def connect(self):
                await super().connect()
                if where == "connect":
                    raise RuntimeError("a fault")

            async def receive(self, text_data=None, bytes_data=None):
                raise RuntimeError("a fault")

        client = connection(Faulty)
        client.say({"type": "websocket.receive", "text": "hello"})
        with pytest.raises(RuntimeError, match="a fault"):
            await soon(client.run())
        await self.assert_left(Faulty, 1006)

    async def test_when_the_server_cancels(self):
        """A cancelled connection leaves its groups as well."""
        client = connection(Recorder)
        async with client.running() as task:
            assert await client.next() == ACCEPT
            task.cancel()
        await self.assert_left(Recorder, 4200)

    async def test_when_the_server_cannot_send(self):
        """A `send` that fails does not end the connection: its own disconnect does."""
        client = connection(Recorder)
        sent = 0

        async def send(message):
            nonlocal sent
            sent += 1
            if sent > 1:
                raise OSError("gone")

        for content in ("hello", "again"):
            client.say({"type": "websocket.receive", "text": content})
        client.leave()
        await soon(Recorder.as_asgi()(client.scope, client._incoming.get, send))
        await self.assert_left(Recorder, 1001)

    async def test_when_a_group_cannot_be_left(self, monkeypatch):
        """One group that cannot be left keeps neither the others from being left nor `disconnect` from running."""
        leave = GroupRegistry.leave

        async def fail_once(fanout, name, member):
            monkeypatch.setattr(GroupRegistry, "leave", leave)
            await leave(fanout, name, member)
            raise RuntimeError("a fault")

        class Holding(Recorder):
            async def connect(self):
                await super().connect()
                await self.join("another")

        monkeypatch.setattr(GroupRegistry, "leave", fail_once)
        client = connection(Holding)
        client.leave()
        with pytest.raises(RuntimeError, match="a fault"):
            await soon(client.run())
        await self.assert_left(Holding, 1001)

    @pytest.mark.parametrize(("ends", "code"), [(True, 4008), (False, 1001)])
    async def test_an_end_is_one_line_of_log(self, caplog, ends, code):
        """The line has the code that the connection was closed with, ours if we closed it."""

        class Ending(Recorder):
            async def connect(self):
                await super().connect()
                if ends:
                    self.end(CloseCode.KICKED)

        client = connection(Ending)
        client.leave()
        await soon(client.run())
        assert [record.getMessage() for record in caplog.records] == [
            f"in-process /somewhere closed with {code}"
        ]
