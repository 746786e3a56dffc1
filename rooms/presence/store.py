"""Presence in Redis: who is in each room, and until when each process answers for its members.

A member has a place by each process it is connected to. A process renews its lease of each room with a member here;
the places of a process whose lease is over are free. Each call is one script, so a member limit is exact.
"""

import zlib
from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec
from django.conf import settings
from django.utils.crypto import salted_hmac

from rooms.protocol import Person
from rtproject.utils.loop_local import loop_local
from rtproject.websocket.redis_client import RedisClient

LEASE_SECONDS = 20.0  # from a process's last renewal until its places are free; 30 are promised
COMMAND_TIMEOUT = (
    1.0  # seconds; longer than for a count, since a room with a limit admits no one without an answer
)

# Redis's own clock, so that those of the hosts need not agree. After it was set back no lease lasts longer than one
# that begins now.
_CLOCK = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

# KEYS: the rooms with members by the end of their last lease; the room's members, each with its value
# `process,process,|address|person`. Beside it are the leases of the room, and the number of its last change. It begins
# with the time, so that a room which was forgotten never repeats a number.
_UPDATE = (
    _CLOCK
    + """
local index, room = KEYS[1], KEYS[2]
local leases, counter = room .. ':leases', room .. ':version'
local process, held_by, lease, whole = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local limit, places, newcomer, leaving = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7] == '1', tonumber(ARGV[8])
local id, joined, left, full = room:sub(#index + 2), {}, {}, 0

local function add(member, address, person, value)
    local inside, known = '', nil
    if value then inside, address, known = value:match('^(.-)|(.-)|(.*)$') end
    if not inside:find(process .. ',', 1, true) then inside = inside .. process .. ',' end
    redis.call('HSET', room, member, inside .. '|' .. address .. '|' .. person)
    if person ~= known then table.insert(joined, member) end
end

local function drop(member, value, from)
    local inside, rest = value:match('^(.-)(|.*)$')
    local others, found = inside:gsub(from .. ',', '')
    if found > 0 and others == '' then
        redis.call('HDEL', room, member)
        table.insert(left, member)
    elseif found > 0 then
        redis.call('HSET', room, member, others .. rest)
    end
end

local function is_full(address)
    local count = redis.call('HLEN', room)
    if limit < 0 or count < limit and (address == '' or places == 0 or count < places) then return false end
    local taken = 0
    for _, value in ipairs(redis.call('HVALS', room)) do
        if value:match('|(.-)|') == address then taken = taken + 1 end
    end
    return count >= limit or taken >= places
end

local held = redis.call('ZSCORE', leases, held_by)
if not held and held_by == process then return {0, 0, 0, joined, left, false} end
redis.call('ZADD', leases, now + lease, process)
if held and held_by ~= process then redis.call('ZADD', leases, 0, held_by) end
for _, other in ipairs(redis.call('ZRANGEBYSCORE', leases, '(' .. now + lease, '+inf')) do
    redis.call('ZADD', leases, now + lease, other)
end
if not newcomer then
    for i = 9 + leaving, #ARGV, 3 do
        add(ARGV[i], ARGV[i + 1], ARGV[i + 2], redis.call('HGET', room, ARGV[i]))
    end
end
for _, other in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now)) do
    redis.call('ZREM', leases, other)
    local all = redis.call('HGETALL', room)
    for i = 1, #all, 2 do drop(all[i], all[i + 1], other) end
end
for i = 9, 8 + leaving do
    local value = redis.call('HGET', room, ARGV[i])
    if value then drop(ARGV[i], value, process) end
end
if newcomer then
    local value = redis.call('HGET', room, ARGV[9])
    if not value and is_full(ARGV[10]) then full = 1 else add(ARGV[9], ARGV[10], ARGV[11], value) end
end

local version = tonumber(redis.call('GET', counter) or now)
if #joined + #left > 0 then version = version + 1 end
redis.call('SET', counter, string.format('%.0f', version), 'PX', lease)
redis.call('PEXPIRE', room, lease)
redis.call('PEXPIRE', leases, lease)
if redis.call('HLEN', room) > 0 then redis.call('ZADD', index, now + lease, id)
else redis.call('ZREM', index, id) end
local people = {}
if whole then
    for _, value in ipairs(redis.call('HVALS', room)) do table.insert(people, value:match('^.-|.-|(.*)$')) end
end
return {held and 1 or 0, full, version, joined, left, whole and '[' .. table.concat(people, ',') .. ']'}
"""
).encode()

_COUNTS = (
    _CLOCK
    + """
local found, lease = {}, tonumber(ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
for _, room in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now, now + lease)) do
    table.insert(found, room)
    table.insert(found, redis.call('HLEN', KEYS[1] .. ':' .. room))
end
return found
"""
).encode()

_people = msgspec.json.Decoder(list[Person])
_person = msgspec.json.Decoder(Person)
_clients = loop_local(
    lambda: [RedisClient(url, "keeping presence in Redis", COMMAND_TIMEOUT) for url in settings.REDIS_URLS]
)


class Place(NamedTuple):
    """A member that is in this process, and the address that it came from."""

    person: Person
    address: str | None


class Answer(NamedTuple):
    """What Redis made of an update.

    `held` is false if it does not know the lease, and then it did nothing unless there is another one. `full` is for a
    newcomer. `joined` and `left` are the ids of members that came, or have another name, and that went, with this call;
    `members` is given if it was asked for.
    """

    held: bool
    full: bool
    version: int
    joined: list[str]
    left: list[str]
    members: list[Person] | None


def room_id(key: str, row: int) -> str:
    """Return the name of a room in Redis: by its row, so that an unlisted room of that name is another one."""
    return str(row) if row else "unlisted-" + _digest("room", key)


async def admit(room: str, process: str, place: Place, limit: int | None, places: int) -> Answer:
    """Give one member a place, unless the room has `limit` members, `places` of them from its address (0: any number).

    Raises LayerUnavailable.
    """
    many = -1 if limit is None else limit
    return await _update(room, process, process, False, many, places, 1, 0, *_packed([place]))


async def renew(
    room: str, process: str, held_by: str, whole: bool, leaving: Collection[str], coming: Iterable[Place]
) -> Answer:
    """Renew the lease; free the places of the ids `leaving`, and give some to `coming`. Raises LayerUnavailable.

    If the places are still `held_by` another name of this process, those are free afterwards.
    """
    return await _update(room, process, held_by, whole, -1, 0, 0, len(leaving), *leaving, *_packed(coming))


async def members(room: str) -> list[Person]:
    """Return the members of a room. Raises LayerUnavailable."""
    values: list[bytes] = await _client(room).ask("HVALS", _key(room))
    return [_person.decode(value.split(b"|", 2)[2]) for value in values]


async def counts() -> dict[str, int]:
    """Return the number of members of each room that has some. Raises LayerUnavailable."""
    found: dict[str, int] = {}
    for client in _clients():
        pairs = iter(await client.ask("EVAL", _COUNTS, 1, _key(), _milliseconds(LEASE_SECONDS)))
        found |= {room.decode(): count for room, count in zip(pairs, pairs, strict=True)}
    return found


async def close() -> None:
    """Close the connections of this event loop."""
    for client in _clients():
        await client.close()


async def _update(
    room: str, process: str, held_by: str, whole: bool, *arguments: int | str | bytes
) -> Answer:
    held, full, version, joined, left, people = await _client(room).ask(
        *("EVAL", _UPDATE, 2, _key(), _key(room)),
        *(process, held_by, _milliseconds(LEASE_SECONDS), int(whole), *arguments),
    )
    came, went = ([member.decode() for member in ids] for ids in (joined, left))
    return Answer(
        bool(held), bool(full), version, came, went, None if people is None else _people.decode(people)
    )


def _packed(places: Iterable[Place]) -> Iterable[str | bytes]:
    for person, address in places:
        yield person.id
        yield _digest("address", address) if address else ""
        yield msgspec.json.encode(person)


def _client(room: str) -> RedisClient:
    clients = _clients()
    return clients[zlib.crc32(room.encode()) % len(clients)]


def _key(*room: str) -> str:
    return ":".join((getattr(settings, "REDIS_PREFIX", "") + "presence", *room))


def _digest(purpose: str, text: str) -> str:
    """Hash what a user chose, or where somebody is: neither is to be read in Redis."""
    return salted_hmac(f"rooms.presence.{purpose}", text, algorithm="sha256").hexdigest()[:24]


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
