"""Rooms over real sockets, on a real Daphne."""

import asyncio

import pytest
from websockets.exceptions import InvalidStatus

from rooms.tests.wire import SECRET, ask, ending, let_in, next_frame, refusal

CHANGE_PASSWORD = """
from rooms.models import Room
room = Room.objects.get(name={name!r})
room.set_password({raw!r})
room.save()
"""

MAKE_ROOM = f"""
from rooms.models import Room
room = Room(name="quiet")
room.set_password({SECRET["pass"]!r})
room.save()
"""


async def test_two_members_talk(daphne):
    """Everybody is welcomed and hears what is said, the sender too."""
    async with daphne.connect("/ws/lobby", {"name": "Ada"}) as ada, daphne.connect("/ws/LOBBY/") as bob:
        welcome = await next_frame(ada)
        assert (welcome["type"], welcome["room"], welcome["you"]["name"]) == ("welcome", "lobby", "Ada")
        assert (await next_frame(bob))["type"] == "welcome"
        message = await ask(ada, {"type": "say", "text": "hi", "id": "7"})
        assert (message["text"], message["id"], message["from"]) == ("hi", "7", welcome["you"])
        assert await next_frame(bob) == message


@pytest.mark.parametrize("query", [{}, {"pass": "wrong"}, {"pass": ""}, {"pass": "secret123\0"}])
async def test_a_missing_or_wrong_password_is_told_by_the_code(daphne, query):
    """The client sees 4003, and nothing before it."""
    assert await refusal(daphne.connect("/ws/VIP", query)) == 4003


async def test_a_browser_that_offers_subprotocols_sees_the_code_too(daphne):
    """One of them is selected, ours if it is among them, or the handshake would fail."""
    offers = {"subprotocols": ["other", "rtproject.v1"]}
    async with daphne.connect("/ws/VIP", **offers) as client:
        assert client.subprotocol == "rtproject.v1"
        assert await ending(client) == ([], 4003)
    async with daphne.connect("/ws/lobby", **offers) as client:
        assert client.subprotocol == "rtproject.v1"


async def test_the_right_password_opens_the_room(daphne):
    """The welcome comes, and the connection stays."""
    async with daphne.connect("/ws/vip", SECRET) as client:
        assert (await next_frame(client))["room"] == "VIP"
        assert await ask(client, {"type": "ping"}) == {"type": "pong"}


@pytest.mark.parametrize(
    "path", ["/ws/a%20b", "/ws/%00", "/ws/caf%C3%A9", "/ws/" + "x" * 65, "/ws/a%0A", "/ws/", "/ws/a/b"]
)
async def test_what_is_no_room_is_not_found(daphne, path):
    """The client sees 4004, and the server no error."""
    mark = len(daphne.log)
    assert await refusal(daphne.connect(path)) == 4004
    assert "Traceback" not in daphne.log[mark:]


async def test_a_foreign_page_is_not_even_accepted(daphne):
    """A page of another site gets HTTP 403, in open rooms too."""
    with pytest.raises(InvalidStatus) as caught:
        await daphne.connect("/ws/lobby", origin="http://elsewhere.test")
    assert caught.value.response.status_code == 403


BAD_FRAMES = [
    "{",
    '{"type": "shout"}',
    '{"type": "say"}',
    "",
    "\0",
    b"bytes",
    '{"x": ' + "[" * 900_000,
    "{" + "x" * 999_999,
]


async def test_bad_frames_are_answered_and_the_connection_lives(daphne):
    """Each gets an error, and no traceback is logged."""
    mark = len(daphne.log)
    async with daphne.connect("/ws/bad-frames") as client:
        await next_frame(client)
        for frame in BAD_FRAMES:
            await client.send(frame)
            assert (await next_frame(client))["code"] == "bad_frame"
        assert (await ask(client, "x" * 1_000_000))["code"] == "too_long"
        assert (await ask(client, "hi"))["text"] == "hi"
    assert "Traceback" not in daphne.log[mark:]


async def test_a_browser_that_was_let_in_by_the_page_needs_no_password(daphne):
    """The session of the page opens the socket; a wrong password on the page opens nothing."""
    cookies = await asyncio.to_thread(let_in, daphne, "VIP", "secret123")
    headers = {"additional_headers": {"Cookie": cookies}, "origin": daphne.http_url("")}
    async with daphne.connect("/ws/VIP", **headers) as one, daphne.connect("/ws/VIP", **headers) as other:
        assert (await next_frame(one))["you"]["id"] == (await next_frame(other))["you"]["id"]
    wrong = await asyncio.to_thread(let_in, daphne, "VIP", "wrong")
    assert await refusal(daphne.connect("/ws/VIP", additional_headers={"Cookie": wrong})) == 4003


async def test_a_password_that_another_process_changes_sends_everybody_out(start_server):
    """Without Redis nobody tells the server: its enforcement looks by itself. The session of the page ends too."""
    server = start_server(PULSE_EMBEDDED="off")
    cookies = await asyncio.to_thread(let_in, server, "VIP", "secret123")
    session = {"additional_headers": {"Cookie": cookies}}
    async with server.connect("/ws/VIP", SECRET) as one, server.connect("/ws/VIP", **session) as other:
        await next_frame(one)
        await next_frame(other)
        await asyncio.to_thread(server.execute, CHANGE_PASSWORD.format(name="VIP", raw="other"))
        assert await ending(one) == ([], 4009)
        assert await ending(other) == ([], 4009)
    assert await refusal(server.connect("/ws/VIP", SECRET)) == 4003
    assert await refusal(server.connect("/ws/VIP", **session)) == 4003
    async with server.connect("/ws/VIP", {"pass": "other"}) as client:
        assert (await next_frame(client))["type"] == "welcome"


async def test_a_process_that_has_not_heard_of_a_password_keeps_apart_who_came_in_without(start_server):
    """Not one word of a room that is guarded now reaches who sits in the open room that it was."""
    server = start_server()
    async with server.connect("/ws/quiet") as lurker:
        assert (await next_frame(lurker))["type"] == "welcome"
        await asyncio.to_thread(
            server.execute, MAKE_ROOM
        )  # another process: its event does not reach this one
        async with server.connect("/ws/quiet", SECRET) as owner:
            assert (await next_frame(owner))["type"] == "welcome"
            await owner.send("for members alone")
            assert (await next_frame(owner))["text"] == "for members alone"
        assert await ending(lurker) == ([], 4200)
