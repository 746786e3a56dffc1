"""Rooms over real sockets, on a real Daphne, and their limits as one address meets them."""

import asyncio

import pytest

from rooms.tests.wire import SECRET, ask, ending, let_in, next_frame, refusal
from rtproject.tests.support.servers import Daphne, Uvicorn

MAKE_ROOMS = """
from rooms.models import Room
for name in {names!r}:
    room = Room(name=name)
    room.set_password("secret123")
    room.save()
"""
CHANGE_PASSWORD = """
from rooms.models import Room
room = Room.objects.get(name="VIP")
room.set_password("other")
room.save()
"""


MAKE_OPEN_ROOM = "from rooms.models import Room; Room.objects.create(name={!r})"
DELETE_ROW = "from rooms.models import Message; Message.objects.get(room__name='deletions', seq=2).delete()"


async def test_a_row_that_the_orm_deleted_reads_as_a_deleted_message(daphne):
    """Although somebody inside was shown it, and this process had it in its memory."""
    await asyncio.to_thread(daphne.execute, MAKE_OPEN_ROOM.format("deletions"))
    async with daphne.connect("/ws/deletions") as ada:
        await next_frame(ada)
        said = [await ask(ada, {"type": "say", "text": text, "id": text}) for text in ("one", "two", "three")]
        await asyncio.to_thread(daphne.execute, DELETE_ROW)
        async with daphne.connect("/ws/deletions") as bob:
            assert (await next_frame(bob))["seq"] == 3
            replayed = [await next_frame(bob) for _ in said]
    assert (replayed[1]["seq"], replayed[1]["text"], replayed[1]["deleted"]) == (2, "", True)
    assert (replayed[0], replayed[2]) == (said[0], said[2])


LOSE_MESSAGES = """
from rooms.models import Message, MessageSequence
Message.objects.filter(room__name="losses", seq__gt=1).discard()
MessageSequence.objects.filter(room__name="losses").update(last_seq=1)
"""


async def test_after_the_store_has_lost_messages_the_numbers_begin_anew(daphne):
    """As after a failover to a standby that was behind: the next messages would get numbers that were shown."""
    await asyncio.to_thread(daphne.execute, MAKE_OPEN_ROOM.format("losses"))
    async with daphne.connect("/ws/losses") as ada:
        epoch = (await next_frame(ada))["epoch"]
        for text in ("kept", "lost", "lost too"):
            await ask(ada, text)
        await asyncio.to_thread(daphne.execute, LOSE_MESSAGES)
        assert await ending(ada) == ([], 4200)
    async with daphne.connect("/ws/losses") as ada:
        assert (await next_frame(ada))["epoch"] != epoch
        assert (await next_frame(ada))["text"] == "kept"
        assert (await ask(ada, "new"))["text"] == "new"


async def test_members_get_each_other_s_messages_and_their_own(daphne):
    """A client that offers our subprotocol speaks it."""
    offer = daphne.connect("/ws/lobby", {"name": "Ada"}, subprotocols=["other", "rtproject.v1"])
    async with offer as ada, daphne.connect("/ws/LOBBY/") as bob:
        assert (ada.subprotocol, bob.subprotocol) == ("rtproject.v1", None)
        welcome = await next_frame(ada)
        assert (welcome["type"], welcome["room"], welcome["you"]["name"]) == ("welcome", "lobby", "Ada")
        assert (await next_frame(bob))["type"] == "welcome"
        message = await ask(ada, {"type": "say", "text": "hi", "id": "7"})
        assert (message["text"], message["id"], message["from"]) == ("hi", "7", welcome["you"])
        assert await next_frame(bob) == message


BAD_FRAMES = ["{", '{"type": "shout"}', "", "\0", b"bytes", '{"x": ' + "[" * 900_000, "{" + "x" * 999_999]


async def test_bad_frames_are_answered_and_the_connection_stays(daphne):
    mark = len(daphne.log)
    async with daphne.connect("/ws/bad-frames") as client:
        await next_frame(client)
        for frame in BAD_FRAMES:
            await client.send(frame)
            assert (await next_frame(client))["code"] == "bad_frame"
        assert (await ask(client, "x" * 1_000_000))["code"] == "too_long"
        assert (await ask(client, "hi"))["text"] == "hi"
    assert "Traceback" not in daphne.log[mark:]


@pytest.mark.parametrize("kind", [Daphne, Uvicorn])
async def test_a_client_that_ignores_the_limits_is_told_and_then_closed(start_server, kind):
    """Of the length of a text, and of the rate; the others hear only what was within them."""
    server = start_server(kind, ROOMS_MESSAGE_RATE="1/hour", ROOMS_MAX_TEXT=3)
    async with server.connect("/ws/lobby") as hasty, server.connect("/ws/lobby") as other:
        await next_frame(hasty)
        await next_frame(other)
        assert (await ask(hasty, "four"))["code"] == "too_long"
        assert (await ask(hasty, "one"))["text"] == (await next_frame(other))["text"] == "one"
        assert [(await ask(hasty, "two"))["code"] for _ in range(9)] == ["rate_limited"] * 9
        await hasty.send("two")
        assert await ending(hasty) == ([], 4101)
        assert await ask(other, {"type": "ping"}) == {"type": "pong"}


async def test_a_browser_that_the_page_admitted_needs_no_password(daphne):
    cookies = await asyncio.to_thread(let_in, daphne, "VIP", "secret123")
    headers = {"additional_headers": {"Cookie": cookies}, "origin": daphne.http_url("")}
    async with daphne.connect("/ws/VIP", **headers) as one, daphne.connect("/ws/VIP", **headers) as other:
        assert (await next_frame(one))["you"]["id"] == (await next_frame(other))["you"]["id"]
    wrong = await asyncio.to_thread(let_in, daphne, "VIP", "wrong")
    assert await refusal(daphne.connect("/ws/VIP", additional_headers={"Cookie": wrong})) == 4003


async def test_a_password_that_another_process_changes_ends_connections_and_admissions(start_server):
    """Without Redis the server gets no event, and reads the room by itself."""
    server = start_server(PULSE_EMBEDDED="off")
    cookies = await asyncio.to_thread(let_in, server, "VIP", "secret123")
    session = {"additional_headers": {"Cookie": cookies}}
    async with server.connect("/ws/VIP", SECRET) as one, server.connect("/ws/VIP", **session) as other:
        await next_frame(one)
        await next_frame(other)
        await asyncio.to_thread(server.execute, CHANGE_PASSWORD)
        assert await ending(one) == await ending(other) == ([], 4009)
    assert await refusal(server.connect("/ws/VIP", SECRET)) == 4003
    assert await refusal(server.connect("/ws/VIP", **session)) == 4003
    async with server.connect("/ws/VIP", {"pass": "other"}) as client:
        assert (await next_frame(client))["type"] == "welcome"


async def test_a_member_from_before_the_password_gets_no_message_under_it(start_server):
    """Its process has not noticed the change yet."""
    server = start_server()
    async with server.connect("/ws/quiet") as lurker:
        assert (await next_frame(lurker))["type"] == "welcome"
        await asyncio.to_thread(server.execute, MAKE_ROOMS.format(names=["quiet"]))
        async with server.connect("/ws/quiet", SECRET) as owner:
            assert (await next_frame(owner))["type"] == "welcome"
            assert (await ask(owner, "for members alone"))["text"] == "for members alone"
        assert await ending(lurker) == ([], 4200)


async def test_after_ten_wrong_passwords_a_room_is_shut_for_the_address(start_server):
    """The right one does not help, also on the page; other rooms are open for the address."""
    server = start_server(ROOMS_PASSWORD_ATTEMPTS="10/hour")
    await asyncio.to_thread(server.execute, MAKE_ROOMS.format(names=["other", "third"]))
    wrong = {"pass": "a-wrong-password"}
    for _ in range(3):  # a missing one does not count
        assert await refusal(server.connect("/ws/VIP")) == 4003
    codes = [await refusal(server.connect("/ws/VIP", wrong)) for _ in range(11)]
    assert codes == [4003] * 10 + [4101]
    assert await refusal(server.connect("/ws/vip", SECRET)) == 4101
    cookies = await asyncio.to_thread(let_in, server, "VIP", "secret123")
    assert await refusal(server.connect("/ws/VIP", additional_headers={"Cookie": cookies})) == 4003
    async with server.connect("/ws/other", SECRET) as client:
        assert (await next_frame(client))["room"] == "other"
    cookies = await asyncio.to_thread(let_in, server, "third", "secret123")
    async with server.connect("/ws/third", additional_headers={"Cookie": cookies}) as client:
        assert (await next_frame(client))["room"] == "third"
    await server.stop()
    assert "refused with 4101" in server.log
    assert "secret123" not in server.log
    assert "a-wrong-password" not in server.log
