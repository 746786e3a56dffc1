"""Rooms over HTTP. OPERATIONS declares each once: for its address, its token and its documentation."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NamedTuple

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from msgspec import Meta, Struct

from rooms import api
from rooms.history.reader import frames_page
from rooms.history.store import StoreStatus
from rooms.names import room_key
from rooms.protocol import FrameId, NumberedFrame, Person
from rtproject.tokens.check import authenticate
from rtproject.tokens.models import Token
from rtproject.utils.db import is_outage
from rtproject.utils.json_api import ApiError, decode, json_response

Number = Annotated[int, Meta(ge=0, le=2**53)]


class NewMessage(Struct):
    """A message. Without a `sender` it has the token's name; with an `id` it may be posted again."""

    text: str
    sender: str | None = None
    id: FrameId | None = None


class NewNotice(Struct):
    """An announcement."""

    text: str


class NewEvent(Struct):
    """An event, with any JSON of at most 16 KiB."""

    event: str
    data: Any = None


class Numbered(Struct):
    """Its number in the room; null in a room without history."""

    seq: int | None


class PageQuery(Struct):
    """After a number, or before one; without either the newest."""

    after: Number | None = None
    before: Number | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Page(Struct):
    """The frames in ascending order, and whether there are `more` on that side. Long ones are fewer than `limit`."""

    messages: list[NumberedFrame]
    more: bool
    epoch: str


class Members(Struct):
    """The members of a room, and their number."""

    members: list[Person]
    count: int


Answer = tuple[int, Struct | None]


async def post_message(token: Token, room: str, new: NewMessage) -> Answer:
    """Say something. The answer is 200 if this token said it before, under this `id`."""
    sender = token.name if new.sender is None else new.sender
    status, row = await api.post(room, new.text, sender=sender, id=new.id, owner=f"token:{token.pk}")
    return (200 if status is StoreStatus.REPEATED else 201), Numbered(None if row is None else row.seq)


async def read_messages(token: Token, room: str, query: PageQuery) -> Answer:
    """Read the numbered frames that a room keeps."""
    if query.after is not None and query.before is not None:
        raise ValueError("Give `after` or `before`, not both.")
    found = await api.find_room(room)
    frames, more, page = await frames_page(found, query.after, query.before, query.limit)
    return 200, Page(frames, more, page.epoch)  # type: ignore[arg-type]  # they are encoded already


async def delete_message(token: Token, room: str, _: None, seq: int) -> Answer:
    """Delete a message: with `rooms:post` one of this token, with `rooms:moderate` any."""
    owner = None if token.allows("rooms:moderate", room) else f"token:{token.pk}"
    return 200, Numbered(await api.adelete_message(room, seq, owner=owner))


async def post_notice(token: Token, room: str, new: NewNotice) -> Answer:
    """Announce something."""
    return 201, Numbered(await api.apost_notice(room, new.text))


async def send_event(token: Token, room: str, new: NewEvent) -> Answer:
    """Send an event to everybody in a room. It is not stored."""
    await api.asend_event(room, new.event, new.data)
    return 204, None


async def read_members(token: Token, room: str, _: None) -> Answer:
    """Read who is in a room."""
    people = await api.amembers(room)
    return 200, Members(people, len(people))


async def disconnect_member(token: Token, room: str, _: None, member: str) -> Answer:
    """Disconnect a member, who may come back."""
    await api.adisconnect(room, member)
    return 204, None


class Operation(NamedTuple):
    """A method on a path: a token with one of `scopes` may call `run` with what is `given`, a query or a body."""

    method: str
    path: str
    run: Callable[..., Awaitable[Answer]]
    scopes: tuple[str, ...]
    given: type[Struct] | None
    answers: dict[int, type[Struct] | None]


POST, READ, MODERATE = "rooms:post", "rooms:read", "rooms:moderate"
OPERATIONS = (
    Operation("POST", "messages", post_message, (POST,), NewMessage, {201: Numbered, 200: Numbered}),
    Operation("GET", "messages", read_messages, (READ,), PageQuery, {200: Page}),
    Operation("DELETE", "messages/<int:seq>", delete_message, (POST, MODERATE), None, {200: Numbered}),
    Operation("POST", "notices", post_notice, (POST,), NewNotice, {201: Numbered}),
    Operation("POST", "events", send_event, (POST,), NewEvent, {204: None}),
    Operation("GET", "members", read_members, (READ,), None, {200: Members}),
    Operation("POST", "members/<str:member>/disconnect", disconnect_member, (MODERATE,), None, {204: None}),
)


OUT_OF_REACH = "The store or the channel layer is out of reach; try again, with the same id."
REFUSALS: dict[type[Exception], int] = {
    api.RoomNotFound: 404,
    api.MessageNotFound: 404,
    PermissionError: 403,
    api.IdUsed: 409,
    api.TooLong: 413,
    ValueError: 400,
    api.Unavailable: 503,
    TimeoutError: 503,
    DatabaseError: 503,
}


@csrf_exempt  # no cookie counts here
async def serve(request: HttpRequest, path: str, room: str, **arguments: Any) -> HttpResponse:
    """Carry out the operation that the method of the request names, of those on `path`."""
    methods = {each.method: each for each in OPERATIONS if each.path == path}
    allowed = ", ".join([*methods, *["HEAD"] * ("GET" in methods), "OPTIONS"])
    called = methods.get("GET" if request.method == "HEAD" else request.method or "")
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": allowed})
    if called is None:
        return ApiError(405, f"Use {allowed}.", Allow=allowed).response
    try:
        token = await authenticate(request, *called.scopes, of=room_key(room))
        given = decode(request, called.given) if called.given else None
        status, answer = await called.run(token, room, given, **arguments)
    except ApiError as error:
        return error.response
    except tuple(REFUSALS) as error:
        if isinstance(error, DatabaseError) and not is_outage(error):
            raise
        refusal = next(status for kind, status in REFUSALS.items() if isinstance(error, kind))
        code = "id_used" if refusal == 409 else ""
        return ApiError(refusal, str(error) if refusal < 500 else OUT_OF_REACH, code).response
    return json_response(answer, status) if answer else HttpResponse(status=status)
