"""The limits of rooms over real sockets, as one address meets them."""

import asyncio
import json

from rooms.tests.wire import SECRET, ask, ending, let_in, next_frame, refusal

TWO_ROOMS = """
from rooms.models import Room
for name in ("other", "third"):
    room = Room(name=name)
    room.set_password("secret123")
    room.save()
"""


async def test_after_ten_wrong_passwords_a_room_is_shut_for_this_address(start_server):
    """Not even the right one opens it now, on the page neither; the same address gets into other rooms."""
    server = start_server(ROOMS_PASSWORD_ATTEMPTS="10/hour")
    await asyncio.to_thread(server.execute, TWO_ROOMS)
    wrong = {"pass": "a-wrong-guess"}
    for _ in range(3):  # which count for nothing
        assert await refusal(server.connect("/ws/VIP")) == 4003
    codes = [await refusal(server.connect("/ws/VIP", wrong)) for _ in range(11)]
    assert codes == [4003] * 10 + [4101]
    assert await refusal(server.connect("/ws/vip", SECRET)) == 4101
    cookies = await asyncio.to_thread(let_in, server, "VIP", "secret123")
    assert await refusal(server.connect("/ws/VIP", additional_headers={"Cookie": cookies})) == 4003
    assert await refusal(server.connect("/ws/other", wrong)) == 4003
    async with server.connect("/ws/other", SECRET) as client:
        assert (await next_frame(client))["room"] == "other"
    cookies = await asyncio.to_thread(let_in, server, "third", "secret123")
    async with server.connect("/ws/third", additional_headers={"Cookie": cookies}) as client:
        assert (await next_frame(client))["room"] == "third"
    await server.stop()
    assert "refused with 4101" in server.log
    assert "secret123" not in server.log
    assert "a-wrong-guess" not in server.log


async def test_the_message_rate_is_a_limit_and_then_an_end(start_server):
    """The 21st message at once is an error and the connection lives; who goes on and on is closed with 4101."""
    server = start_server(ROOMS_MESSAGE_RATE="20/day")
    async with server.connect("/ws/lobby") as client:
        await next_frame(client)
        for number in range(21):
            await client.send(f'{{"type": "say", "text": "hi", "id": "{number}"}}')
        frames = [await next_frame(client) for _ in range(21)]
        # Errors do not go through the channel layer, so the last answer may overtake a message.
        assert sorted(frame["type"] for frame in frames) == ["error"] + ["message"] * 20
        (error,) = [frame for frame in frames if frame["type"] == "error"]
        assert (error["code"], error["id"]) == ("rate_limited", "20")
        assert await ask(client, {"type": "ping"}) == {"type": "pong"}
        for _ in range(200):
            await client.send("hi")
        refused, code = await ending(client)
        assert len(refused) == 199  # and the one before
        assert code == 4101


async def test_the_longest_text_is_a_setting(start_server):
    """A text of ROOMS_MAX_TEXT characters is said, and one more is too long."""
    server = start_server(ROOMS_MAX_TEXT=5)
    async with server.connect("/ws/lobby") as client:
        await next_frame(client)
        assert (await ask(client, "🦊" * 5))["text"] == "🦊" * 5
        assert (await ask(client, "🦊" * 6))["code"] == "too_long"


async def test_who_goes_on_with_texts_that_are_too_long_is_closed(start_server):
    """Each of ten times as many as may be said at once is an error, the next one the end."""
    server = start_server(ROOMS_MAX_TEXT=5, ROOMS_MESSAGE_RATE="2/day")
    async with server.connect("/ws/lobby") as client:
        await next_frame(client)
        for _ in range(21):
            await client.send("too long")
        refused, code = await ending(client)
        assert [json.loads(frame)["code"] for frame in refused] == ["too_long"] * 20
        assert code == 4101


async def test_without_unlisted_rooms_only_listed_ones_are_found(start_server):
    """ROOMS_ALLOW_UNLISTED=off holds for sockets."""
    server = start_server(ROOMS_ALLOW_UNLISTED="off")
    assert await refusal(server.connect("/ws/elsewhere")) == 4004
    async with server.connect("/ws/lobby") as client:
        assert (await next_frame(client))["room"] == "lobby"
