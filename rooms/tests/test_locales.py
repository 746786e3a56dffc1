"""Rooms in a PostgreSQL whose locale lowers letters as Python does not."""

import asyncio

import psycopg
import pytest

from rooms.tests.wire import SECRET, TIMEOUT, next_frame, refusal

DELETE = "from rooms.models import Room; Room.objects.get(name='VIP').delete()"
SPELLINGS = ("VIP", "vip", "Vip")


@pytest.fixture
def turkish_url(postgres):
    """The DATABASE_URL of a database in Turkish, where the small I has no dot."""
    url = postgres.new_database("tr_TR")
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT lower('VIP')").fetchone() == ("v\u0131p",)
    yield url
    postgres.drop_database(url)


@pytest.mark.slow
async def test_a_room_has_one_identity_in_a_turkish_database(start_server, turkish_url):
    """A guarded room is found, and so is the name that a deleted one leaves behind."""
    server = start_server(DATABASE_URL=turkish_url)
    for name in SPELLINGS:
        async with asyncio.timeout(TIMEOUT):
            assert await refusal(server.connect(f"/ws/{name}")) == 4003
        async with server.connect(f"/ws/{name}", SECRET) as client:
            assert (await next_frame(client))["type"] == "welcome"
    await asyncio.to_thread(server.execute, DELETE)
    assert [await refusal(server.connect(f"/ws/{name}", SECRET)) for name in SPELLINGS] == [4004] * 3
