"""The client against real servers."""

import asyncio
import re
import secrets
from typing import Any

import pytest
from rtproject_client import Closed, Refused, Room, Unconfirmed

from benchmarks.destruction.processes import ServerProcess
from rtproject.tests.support.isolation import ROOT


@pytest.fixture
def restartable(new_site):
    """A server that starts again on the same port."""
    server = ServerProcess(new_site(ROOMS_MESSAGE_RATE=0, PULSE_EMBEDDED="off"))
    server.start()
    yield server
    server.stop()


async def texts(room, count):
    """The texts of the next messages."""
    found = []
    async for frame in room:
        if frame["type"] == "message":
            found.append(frame["text"])
        if len(found) == count:
            return found
    return found


async def welcome(room):
    """The next welcome."""
    async for frame in room:
        if frame["type"] == "welcome":
            return frame
    return None


@pytest.mark.parametrize("kill", [False, True])
async def test_nothing_is_lost_or_repeated_by_a_restart(restartable, kill):
    """What is said while the server is away is said when it is back, in order; the others hear it once."""
    url = f"ws://127.0.0.1:{restartable.port}/ws/lobby"
    async with Room(url, name="speaker") as speaker, Room(url, name="listener") as listener:
        assert [await speaker.say("one"), await speaker.say("two")] == [1, 2]
        assert await texts(listener, 2) == ["one", "two"]
        await asyncio.to_thread(restartable.kill if kill else restartable.stop)
        pending = [asyncio.create_task(speaker.say(text)) for text in ("three", "four")]
        await asyncio.to_thread(restartable.start)
        async with asyncio.timeout(60):
            assert [await each for each in pending] == [3, 4]
            assert (await welcome(listener))["recovered"] is True
            assert await texts(listener, 2) == ["three", "four"]
        assert speaker.unconfirmed == []


async def test_a_message_whose_answer_was_lost_is_shown_once(daphne):
    """The same id again is answered by `said`."""
    url, key = daphne.ws_url("/ws/lobby"), secrets.token_urlsafe(24)
    async with Room(url, key=key) as room:
        first = await room.say("once", "my-id")
    async with Room(url, key=key, position=None, history=0) as room:
        assert await room.say("once", "my-id") == first
        with pytest.raises(Refused) as refused:
            await room.say("another text", "my-id")
        assert refused.value.code == "id_used"


async def test_a_program_goes_on_where_it_stopped_reading(daphne):
    url = daphne.ws_url("/ws/lobby")
    async with Room(url) as room:
        for text in ("a", "b", "c"):
            await room.say(text)
        while (frame := await anext(aiter(room))).get("text") != "b":
            assert frame["type"] in ("welcome", "message", "joined")
        position = room.position
    async with Room(url, position=position) as room:
        assert (await welcome(room))["recovered"] is True
        assert await texts(room, 1) == ["c"]


async def test_a_wrong_password_ends_it_for_good(daphne):
    """For the reader and for whoever says something, now and later."""
    async with Room(daphne.ws_url("/ws/VIP"), password="wrong") as room:
        with pytest.raises(Closed, match="4003"):
            await room.say("hello")
        with pytest.raises(Closed, match="4003"):
            await welcome(room)
        with pytest.raises(Closed, match="4003"):
            await room.say("hello")
    async with Room(daphne.ws_url("/ws/VIP"), password="secret123") as room:
        assert (await welcome(room))["you"] == room.me


async def test_in_a_room_without_history_a_lost_answer_is_told(restartable):
    """A second attempt could be heard twice."""
    async with Room(f"ws://127.0.0.1:{restartable.port}/ws/unlisted") as room:
        assert await room.say("heard") is None
        restartable.pause()
        task = asyncio.create_task(room.say("heard, perhaps"))
        while not any(each.sent for each in room._unconfirmed.values()):  # noqa: ASYNC110 (a turn or two)
            await asyncio.sleep(0)
        restartable.kill()
        await asyncio.to_thread(restartable.start)
        with pytest.raises(Unconfirmed):
            await task


EXAMPLE = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "python_client.md").read_text(), re.DOTALL)


async def test_the_example_of_the_documentation_runs(daphne):
    """With this server's address, and a member that talks to it."""
    assert EXAMPLE is not None
    code = EXAMPLE[1].replace("ws://127.0.0.1:8000/ws/lobby", daphne.ws_url("/ws/parrots"))
    names: dict[str, Any] = {}
    exec(code.replace("asyncio.run(main())", ""), names)  # noqa: S102 (our own documentation)
    async with Room(daphne.ws_url("/ws/parrots"), name="ann") as room:
        await welcome(room)
        parrot = asyncio.create_task(names["main"]())
        while (await anext(aiter(room)))["type"] != "joined":
            pass
        await room.say("hello")
        assert await texts(room, 2) == ["hello", "ann said hello"]
        parrot.cancel()
        await asyncio.wait({parrot})
