"""What one address may do to a room, whatever the number of its connections."""

from contextlib import AsyncExitStack
from types import SimpleNamespace

import pytest
from asgiref.sync import sync_to_async

from rooms import limits
from rooms.limits import UNLISTED_ROOMS
from rooms.tests.support import entered, keeping_room, refusal
from rooms.tests.wire import ask, next_frame
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.throttling import rates
from rtproject.websocket.throttling.rates import Rate

pytestmark = pytest.mark.django_db(transaction=True)

HERE, ELSEWHERE = {"address": "192.0.2.1"}, {"address": "192.0.2.2"}
A_DAY = 86400.0


def say(text="hi", frame_id="7"):
    """A frame that says `text`."""
    return {"type": "say", "text": text, "id": frame_id}


async def kinds(client, *frames):
    """The types of the answers to `frames`, or the codes of errors."""
    answers = [await client.ask(frame) for frame in frames]
    return [answer.get("code", answer["type"]) for answer in answers]


class TestRate:
    async def test_the_connections_of_an_address_share_it(self, settings):
        """In one room. Those of another address, and callers inside the process, have their own."""
        settings.ROOMS_ADDRESS_RATE = Rate(2, A_DAY)
        async with entered("one", **HERE) as ada, entered("two", **HERE) as bob:
            assert await kinds(ada, "hi", "hi") == ["message", "message"]
            async with entered("one", **HERE) as eve:
                assert await kinds(eve, say(), "hi") == ["rate_limited"] * 2
            async with entered("one", **ELSEWHERE) as eve:
                assert await kinds(eve, "hi") == ["message"]
            async with entered("one") as program:
                assert await kinds(program, "hi", "hi", "hi") == ["message"] * 3
            assert await kinds(bob, "hi") == ["message"]

    async def test_its_refusals_do_not_count_towards_the_end_of_a_connection(self, settings):
        """Ten times the connection's own rate of errors are allowed all the same."""
        settings.ROOMS_MESSAGE_RATE, settings.ROOMS_ADDRESS_RATE = Rate(2, A_DAY), Rate(1, A_DAY)
        async with entered("room", **HERE) as flooder:
            assert await kinds(flooder, "hi") == ["message"]
            async with entered("room", **HERE) as neighbor:
                assert await kinds(neighbor, *["hi"] * 22) == ["rate_limited"] * 22
                await neighbor.put("hi")
                assert await neighbor.code() == CloseCode.RATE_LIMITED


@pytest.fixture
def clock(monkeypatch):
    """The time that limits count by."""
    time = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(rates, "time", SimpleNamespace(monotonic=lambda: time.now))
    monkeypatch.setattr(limits, "LASTING", Rate(3, 600.0))
    return time


class TestTenMinutes:
    @pytest.mark.parametrize(("history_size", "most"), [(4, 3), (10, 5)])
    async def test_an_address_stores_the_larger_of_a_number_and_half_the_history(
        self, clock, history_size, most
    ):
        """Another address is not affected."""
        await sync_to_async(keeping_room)(history_size=history_size)
        async with entered("lobby", **HERE) as ada, entered("lobby", **HERE) as bob:
            for number in range(most):
                assert await kinds(ada, say(frame_id=str(number))) == ["message"]
                await bob.next()
            clock.now += 599
            assert await kinds(bob, say(), "hi") == ["rate_limited"] * 2
            async with entered("lobby", history="0", **ELSEWHERE) as eve:
                assert await kinds(eve, "hi") == ["message"]
            await bob.next()
            clock.now += 1
            assert await kinds(bob, say()) == ["message"]

    async def test_a_repeat_is_answered_and_does_not_count(self, clock):
        """So that a client that comes back learns what was stored."""
        await sync_to_async(keeping_room)()
        async with entered("lobby", key="a" * 16, **HERE) as ada:
            assert await kinds(ada, say(), say(), say("ho"), say()) == ["message", "said", "id_used", "said"]

    async def test_an_unlisted_room_has_no_conversation_to_displace(self, clock):
        async with entered("room", **HERE) as client:
            assert await kinds(client, *["hi"] * 5) == ["message"] * 5


class TestUnlistedRooms:
    async def test_an_address_is_in_50_at_most(self, settings):
        """Each counts once, and a listed one does not; they are free when they are left."""
        await sync_to_async(keeping_room)()
        async with AsyncExitStack() as inside:
            for number in range(UNLISTED_ROOMS - 1):
                await inside.enter_async_context(entered(f"room-{number}", **HERE))
            async with entered("another", **HERE):
                assert await refusal("one-more", **HERE) == CloseCode.RATE_LIMITED
                async with entered("another", **HERE), entered("lobby", **HERE), entered("one", **ELSEWHERE):
                    pass
            async with entered("one-more", **HERE):
                settings.ROOMS_ADDRESS_RATE = Rate(0, 1.0)
                async with entered("off", **HERE):
                    pass


async def test_behind_a_proxy_each_client_has_limits_of_its_own(start_server):
    """Over real sockets. Another connection makes no difference."""
    server = start_server(ROOMS_ADDRESS_RATE="2/day", TRUSTED_PROXIES=1)

    async def codes(number):
        headers = {"X-Forwarded-For": f"198.51.100.{number}"}
        async with server.connect("/ws/lobby?history=0", additional_headers=headers) as client:
            await next_frame(client)  # the welcome
            answer = await ask(client, "hi")
            return answer.get("code", answer["type"])

    assert [await codes(number) for number in (1, 1, 1, 2)] == ["message"] * 2 + ["rate_limited", "message"]
