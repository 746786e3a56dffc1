"""Groups, rules of the site's own, and connection tokens over real sockets."""

import asyncio
from http.client import HTTPConnection

import pytest

from rooms.access.tokens import connection_token
from rooms.tests.wire import SECRET, TIMEOUT, ask, ending, next_frame, refusal

MAKE_USERS = """
from django.contrib.auth.models import Group, User
from django.test import Client
from rooms.models import Room
team = Group.objects.create(name="team")
Room.objects.get(name="VIP").groups.add(team)
for name in ("ada", "bob"):
    client = Client()
    client.force_login(User.objects.create_user(name))
    print(client.cookies["sessionid"].value)
User.objects.get(username="ada").groups.add(team)
"""
LEAVE_GROUP = "from django.contrib.auth.models import User; User.objects.get(username='ada').groups.clear()"
LOG_OUT = """
from django.test import Client
client = Client()
client.cookies["sessionid"] = "{key}"
client.logout()
"""
RESTRICT_LOBBY = """
from django.contrib.auth.models import Group
from rooms.models import Room
Room.objects.get(name="lobby").groups.set(Group.objects.all())
"""
REFUSE_EVE = "from django.contrib.auth.models import Group; Group.objects.create(name='eve')"
BAN = """
from rooms.models import Ban, Room
lobby = Room.objects.get(name="lobby")
for member in {everywhere}:
    Ban.objects.create(name="x", origin="lobby", member=member)
for member in {here}:
    Ban.objects.create(name="x", origin="lobby", member=member, room=lobby)
"""
RULES = {"ROOMS_ACCESS": "rooms.tests.access.own_rules.Rules"}


async def execute(server, code):
    """Run code on the server's site."""
    return await asyncio.to_thread(server.execute, code)


def token(expires=3600.0):
    """The query with a connection token for lobby and VIP; the tests have the servers' secret key."""
    return {"token": connection_token(7, name="Zoe", rooms=["lobby", "VIP"], expires=expires)}


def status(server, path):
    """The status of a page. Blocks."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT)
    connection.request("GET", path)
    found = connection.getresponse().status
    connection.close()
    return found


def headers(session):
    """The options of a client with this session."""
    return {"additional_headers": {"Cookie": f"sessionid={session}"}}


async def test_a_room_is_for_the_members_of_its_groups(start_server):
    """Others close with 4003, guests too, the right password notwithstanding; so do those that leave the group."""
    server = start_server()
    ada, bob = map(headers, (await execute(server, MAKE_USERS)).split())
    assert await refusal(server.connect("/ws/VIP", SECRET)) == 4003
    assert await refusal(server.connect("/ws/VIP", SECRET, **bob)) == 4003
    assert await refusal(server.connect("/ws/VIP", **ada)) == 4003  # the group does not open the password
    assert await refusal(server.connect("/ws/VIP", SECRET | token(), **ada)) == 4003
    async with server.connect("/ws/VIP", SECRET, **ada) as member, server.connect("/ws/lobby") as other:
        assert (await next_frame(member))["you"]["name"] == "ada"
        await next_frame(other)
        await execute(server, LEAVE_GROUP)
        assert await ending(member) == ([], 4003)
        assert await ask(other, {"type": "ping"}) == {"type": "pong"}


async def test_a_room_that_gets_groups_ends_those_that_are_in_none(start_server):
    server = start_server()
    async with server.connect("/ws/lobby") as guest:
        await next_frame(guest)
        ada, _ = map(headers, (await execute(server, MAKE_USERS)).split())
        async with server.connect("/ws/lobby", **ada) as member:
            await next_frame(member)
            await execute(server, RESTRICT_LOBBY)
            assert await ending(guest) == ([], 4003)
            assert await ask(member, {"type": "ping"}) == {"type": "pong"}


async def test_own_rules_may_refuse_and_silence_and_end(start_server):
    server = start_server(**RULES)
    assert await refusal(server.connect("/ws/nobodys")) == 4003
    pages = [await asyncio.to_thread(status, server, f"/rooms/{room}/") for room in ("nobodys", "lobby")]
    assert pages == [403, 200]
    for name in ("raises", "late"):
        assert await refusal(server.connect("/ws/lobby", {"name": name})) == 4103
    assert await refusal(server.connect("/ws/VIP", {"name": "raises"})) == 4003  # the password comes first
    connecting = [server.connect("/ws/lobby", {"name": name}) for name in ("mute", "dubious", "eve")]
    async with connecting[0] as mute, connecting[1] as dubious, connecting[2] as eve:
        for client in (mute, dubious, eve):
            await next_frame(client)
        assert (await ask(mute, {"type": "say", "text": "hi", "id": "1"}))["code"] == "forbidden"
        assert (await ask(dubious, "hi"))["code"] == "unavailable"
        for client in (mute, dubious, eve):
            await client.send('{"type": "typing"}')
        for client in (mute, dubious):  # told of one alone
            assert (await next_frame(client))["member"]["name"] == "eve"
        assert (await ask(eve, "hi"))["text"] == "hi"
        await execute(server, REFUSE_EVE)
        assert (await ending(eve))[1] == 4003
        assert (await next_frame(mute))["text"] == "hi"
        assert await ask(mute, {"type": "ping"}) == {"type": "pong"}


async def test_a_user_who_logs_out_is_ended_and_comes_back_as_a_guest(start_server):
    """The others stay, and so does somebody with a token and no session."""
    server = start_server()
    ada, bob = map(headers, (await execute(server, MAKE_USERS)).split())
    connecting = [
        server.connect("/ws/lobby", query, **who) for query, who in (({}, ada), ({}, bob), (token(), ada))
    ]
    async with connecting[0] as leaving, connecting[1] as staying, connecting[2] as external:
        for client in (leaving, staying, external):
            await next_frame(client)
        await execute(server, LOG_OUT.format(key=ada["additional_headers"]["Cookie"].partition("=")[2]))
        assert await ending(leaving) == ([], 4200)
        for client in (staying, external):
            assert await ask(client, {"type": "ping"}) == {"type": "pong"}
    async with server.connect("/ws/lobby", **ada) as client:
        assert (await next_frame(client))["you"]["guest"] is True


async def test_a_token_names_a_member_until_it_ends(start_server):
    """Before a session and a key; the same on each connection, and no guest."""
    server = start_server()
    ada, _ = map(headers, (await execute(server, MAKE_USERS)).split())
    mine = token()
    async with (
        server.connect("/ws/lobby", mine | {"key": "k" * 16}, **ada) as one,
        server.connect("/ws/lobby", mine) as two,
    ):
        you, same = (await next_frame(one))["you"], (await next_frame(two))["you"]
        assert you == same == {"id": you["id"], "name": "Zoe", "guest": False, "external": True}
        assert (await ask(one, "hi"))["from"] == (await next_frame(two))["from"] == you
    ends = token(5.0)
    async with server.connect("/ws/lobby", ends) as client:
        assert (await next_frame(client))["you"] == you
        assert (await next_frame(client))["from"] == you  # replayed from the store
        assert await ending(client) == ([], 4003)
    assert await refusal(server.connect("/ws/lobby", ends)) == 4003


async def test_a_bad_token_never_falls_back_to_a_guest(daphne):
    mine = token()["token"]
    for bad in ("", "forged", mine[:-1], "\0"):
        assert await refusal(daphne.connect("/ws/lobby", {"token": bad})) == 4003
    assert await refusal(daphne.connect("/ws/elsewhere", {"token": mine})) == 4003
    assert await refusal(daphne.connect("/ws/VIP", {"token": mine})) == 4003  # it opens no password
    async with daphne.connect("/ws/VIP", SECRET | {"token": mine}) as client:
        assert (await next_frame(client))["you"]["external"] is True


@pytest.mark.parametrize("path", ["unknown.Rules", "rooms.models.Room"])
def test_wrong_rules_stop_the_start_with_one_sentence(new_site, path):
    with pytest.raises(AssertionError, match=r":\nROOMS_ACCESS must be [^\n]*\n$"):
        new_site(ROOMS_ACCESS=path).manage("check")


async def test_a_banned_member_is_ended_and_stays_out_until_the_ban_is_lifted(start_server):
    """A user from all rooms, a guest with a key from one, a token's name; the password comes first."""
    server = start_server()
    ada, _ = map(headers, (await execute(server, MAKE_USERS)).split())
    key = {"key": "k" * 16}
    async with (
        server.connect("/ws/lobby", **ada) as user,
        server.connect("/ws/lobby", key) as guest,
        server.connect("/ws/lobby", token()) as external,
        server.connect("/ws/lobby") as other,
    ):
        clients = (user, guest, external, other)
        ids = [(await next_frame(client))["you"]["id"] for client in clients]
        await execute(server, BAN.format(everywhere=[ids[0]], here=ids[1:3]))
        assert [await ending(client) for client in clients[:3]] == [([], 4005)] * 3
        assert await ask(other, {"type": "ping"}) == {"type": "pong"}
    for room, query, options in (
        ("lobby", {}, ada),
        ("elsewhere", {}, ada),
        ("lobby", key, {}),
        ("lobby", token(), {}),
    ):
        assert await refusal(server.connect(f"/ws/{room}", query, **options)) == 4005
    assert await refusal(server.connect("/ws/VIP", **ada)) == 4003
    async with server.connect("/ws/elsewhere", key) as guest:
        assert (await next_frame(guest))["type"] == "welcome"
    await execute(server, "from rooms.models import Ban; Ban.objects.all().delete()")
    async with server.connect("/ws/lobby", **ada) as user:
        assert (await next_frame(user))["you"]["id"] == ids[0]
