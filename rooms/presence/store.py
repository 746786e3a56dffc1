"""Presence in Redis: the members of each room, and until when each process answers for those that it has."""

import zlib
from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec
from django.conf import settings
from django.utils.crypto import salted_hmac

from rooms.presence.state import Place
from rooms.protocol import Person
from rtproject.websocket.redis_client import RedisClient
from rtproject.websocket.utils.loop_local import loop_local

LEASE_SECONDS = 20.0  # from a process's last renewal until its places are free; 30 are promised
COMMAND_TIMEOUT = 1.0  # seconds; longer than for a count: without an answer a room with a limit is closed

# Redis's own clock, so that those of the hosts need not agree.
_CLOCK = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

# KEYS: the rooms with members, by the end of their last lease; the members of this room, by id. A value is
# `process,process,|address|person`: a member has a place by each process that it is connected to. Beside it are the
# leases, by process, and the number of the last change, which begins with the time: a room that Redis forgot never
# repeats one. ARGV: process, former name of it, lease, whether all members are wanted, limit and places of an address
# (both -1 without), number of ids that leave, these, and three for each member that comes.
_UPDATE = (
    _CLOCK
    + """
local index, room = KEYS[1], KEYS[2]
local leases, counter = room .. ':leases', room .. ':version'
local process, former, lease, limit, places = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[5]), tonumber(ARGV[6])
local first, joined, left, full, people = 8 + ARGV[7], {}, {}, 0, false

local function drop(member, value, by)
    local inside, rest = value:match('^(.-)(|.*)$')
    local others, found = inside:gsub(by .. ',', '')
    if found > 0 and others ~= '' then redis.call('HSET', room, member, others .. rest) end
    if found > 0 and others == '' then
        redis.call('HDEL', room, member)
        table.insert(left, member)
    end
end

local function drop_all(by)
    redis.call('ZREM', leases, by)
    local all = redis.call('HGETALL', room)
    for i = 1, #all, 2 do drop(all[i], all[i + 1], by) end
end

local function is_full(address)
    local count, taken = redis.call('HLEN', room), 0
    if limit < 0 or count >= limit then return limit >= 0 end
    if places < 0 or count < places then return false end
    for _, value in ipairs(redis.call('HVALS', room)) do
        if value:match('|(.-)|') == address then taken = taken + 1 end
    end
    return taken >= places
end

local held = redis.call('ZSCORE', leases, former)
if not held and former == process then return {0, 0, 0, joined, left, false} end
redis.call('ZADD', leases, now + lease, process)
if held then redis.call('ZADD', leases, now + lease, former) end
-- After the clock was set back no lease lasts longer than one that begins now.
for _, other in ipairs(redis.call('ZRANGEBYSCORE', leases, '(' .. now + lease, '+inf')) do
    redis.call('ZADD', leases, now + lease, other)
end
for _, other in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now)) do drop_all(other) end
for i = 8, first - 1 do drop(ARGV[i], redis.call('HGET', room, ARGV[i]) or '|', process) end
for i = first, #ARGV, 3 do
    local member, address, person, value = ARGV[i], ARGV[i + 1], ARGV[i + 2], redis.call('HGET', room, ARGV[i])
    if not value and is_full(address) then
        full = 1
    else
        local inside, known = '', nil
        if value then inside, address, known = value:match('^(.-)|(.-)|(.*)$') end
        if not inside:find(process .. ',', 1, true) then inside = inside .. process .. ',' end
        redis.call('HSET', room, member, inside .. '|' .. address .. '|' .. person)
        if person ~= known then table.insert(joined, member) end
    end
end
if held and former ~= process then drop_all(former) end

local version = tonumber(redis.call('GET', counter) or now)
if #joined + #left > 0 then version = version + 1 end
redis.call('SET', counter, string.format('%.0f', version), 'PX', lease)
if redis.call('HLEN', room) > 0 then
    redis.call('ZADD', index, now + lease, room:sub(#index + 2))
else
    redis.call('ZREM', index, room:sub(#index + 2))
end
for _, key in ipairs({index, room, leases}) do redis.call('PEXPIRE', key, lease) end
if ARGV[4] == '1' then
    people = {}
    for _, value in ipairs(redis.call('HVALS', room)) do table.insert(people, value:match('^.-|.-|(.*)$')) end
end
return {held and 1 or 0, full, version, joined, left, people and '[' .. table.concat(people, ',') .. ']'}
"""
).encode()

_COUNTS = (
    _CLOCK
    + """
local found = {}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
for _, room in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now, now + ARGV[1])) do
    table.insert(found, room)
    table.insert(found, redis.call('HLEN', KEYS[1] .. ':' .. room))
end
return found
"""
).encode()

_person = msgspec.json.Decoder(Person)
_people = msgspec.json.Decoder(list[Person])
_clients = loop_local(
    lambda: [RedisClient(url, "keeping presence in Redis", COMMAND_TIMEOUT) for url in settings.REDIS_URLS]
)


class Answer(NamedTuple):
    """What Redis made of an update.

    `held` is whether it knew the lease; without one it did nothing. `joined` are the ids of members that came or have
    another name, `left` of those that went with this call. `members` is given if all were wanted.
    """

    held: bool
    full: bool
    version: int
    joined: list[str]
    left: list[str]
    members: list[Person] | None


async def update(
    room: str,
    process: str,
    former: str,
    *,
    whole: bool = False,
    limits: tuple[int, int] = (-1, -1),
    leaving: Collection[str] = (),
    coming: Iterable[Place] = (),
) -> Answer:
    """Renew the lease of `process` in a room, free places, and give some. Raises LayerUnavailable.

    The places that it has under the name `former` are freed at the end, if that is another one.
    """
    arguments: list[str | bytes | int] = [
        process,
        former,
        _lease(),
        int(whole),
        *limits,
        len(leaving),
        *leaving,
    ]
    for person, address in coming:
        arguments += [person.id, _digest(address) if address else "", msgspec.json.encode(person)]
    held, full, version, joined, left, people = await _client(room).ask(
        "EVAL", _UPDATE, 2, _key(), _key(room), *arguments
    )
    came, went = ([member.decode() for member in ids] for ids in (joined, left))
    return Answer(bool(held), bool(full), version, came, went, people and _people.decode(people))


async def members(room: str) -> list[Person]:
    values: list[bytes] = await _client(room).ask("HVALS", _key(room))
    return [_person.decode(value.split(b"|", 2)[2]) for value in values]


async def counts() -> dict[str, int]:
    """Return the number of members of each room that has some. Raises LayerUnavailable."""
    found: dict[str, int] = {}
    for client in _clients():
        pairs = iter(await client.ask("EVAL", _COUNTS, 1, _key(), _lease()))
        found |= {room.decode(): count for room, count in zip(pairs, pairs, strict=True)}
    return found


async def close() -> None:
    for client in _clients():
        await client.close()


def room_id(key: str, row: int) -> str:
    """Return the name of a room in Redis: by its row, so that an unlisted room of that name is another one."""
    return str(row) if row else "unlisted-" + _digest(key)


def _client(room: str) -> RedisClient:
    clients = _clients()
    return clients[zlib.crc32(room.encode()) % len(clients)]


def _key(*room: str) -> str:
    return ":".join((settings.REDIS_PREFIX, "presence", *room))


def _digest(text: str) -> str:
    """Hash where somebody is, or the name of an unlisted room: neither is to be read in Redis."""
    return salted_hmac("rooms.presence", text, algorithm="sha256").hexdigest()[:24]


def _lease() -> int:
    return round(LEASE_SECONDS * 1000)
