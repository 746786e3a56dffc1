"""The HTTP API as a program meets it that knows no more than its documentation."""

import http.client
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from jsonschema import Draft202012Validator
from websockets.asyncio.client import ClientConnection

from rooms import api
from rooms.api import Unavailable
from rooms.tests.wire import ending, next_frame
from rtproject.tests.support.fixtures import StartServer
from rtproject.tests.support.servers import Daphne, Uvicorn
from rtproject.tokens.models import Token

PREPARE = """
from django.contrib.auth.models import User
from rooms.models import Room
from rtproject.tokens.models import Token
User.objects.create_user("ann")
for name in ("posting", "ids", "reading", "deleting", "events", "people", "Gone"):
    Room.objects.create(name=name)
Room.objects.get(name="Gone").delete()
for name, scopes in {scopes!r}.items():
    print(Token.objects.create(name=name, scopes=scopes).text)
"""
SCOPES = {
    "all": "rooms:post\nrooms:read\nrooms:moderate",
    "poster": "rooms:post",
    "other": "rooms:post",
    "lobby": "rooms:post:Lobby",
}
JSON = "application/json"


class Program:
    """A program with a token, on one connection. Each answer is checked against the site's own document."""

    def __init__(self, server: Daphne, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=40)
        self._token = token
        self._document = self.ask("GET", "/api/openapi.json")[1]

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
        """Send a request, and return the status and the content."""
        given = {"Authorization": f"Bearer {self._token}", "Content-Type": JSON} | headers
        try:
            answer = self._send(method, path, body, given)
        except ConnectionError:  # a server ends a connection on which nothing came for a while
            self.connection.close()
            answer = self._send(method, path, body, given)
        content = answer.read()
        self.headers = answer.headers
        return answer.status, json.loads(content) if content else None

    def _send(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        self.connection.request(
            method, path, body, {name.replace("_", "-"): headers[name] for name in headers}
        )
        return self.connection.getresponse()

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Call an operation below `/api/rooms/`, whose answer is one of those that are described."""
        sent = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        status, content = self.ask(method, f"/api/rooms/{path}", sent)
        self._check(method, path, status, content)
        return status, content

    def _check(self, method: str, path: str, status: int, content: Any) -> None:
        parts = path.split("?")[0].split("/")
        described = next(
            methods[method.lower()]
            for template, methods in self._document["paths"].items()
            if len(pattern := template.split("/")[3:]) == len(parts)
            and all(each.startswith("{") or each == part for each, part in zip(pattern, parts, strict=True))
        )
        answer = described["responses"][str(status)]
        assert ("content" in answer) is (content is not None)
        if content is not None:
            schema = answer["content"][JSON]["schema"] | {"components": self._document["components"]}
            Draft202012Validator(schema).validate(content)


Programs = dict[str, Program]


@pytest.fixture(scope="module", params=[Daphne, Uvicorn])
def server(request: pytest.FixtureRequest, new_site: Any) -> Iterator[Daphne]:
    """A server whose limits of an address are off."""
    started = request.param(new_site(ROOMS_PASSWORD_ATTEMPTS=0, API_RATE=0))
    yield started
    started.terminate()


@pytest.fixture(scope="module")
def programs(server: Daphne) -> Iterator[Programs]:
    """The programs with tokens of SCOPES, by name, and one with a token that is none."""
    texts = server.execute(PREPARE.format(scopes=SCOPES)).split()
    tokens = dict(zip(SCOPES, texts, strict=True)) | {"stranger": "no-token"}
    made = {name: Program(server, text) for name, text in tokens.items()}
    yield made
    for program in made.values():
        program.connection.close()


@asynccontextmanager
async def inside(server: Daphne, room: str, **query: object) -> AsyncIterator[ClientConnection]:
    """A member of a room, who has got the welcome."""
    async with server.connect(f"/ws/{room}", query) as client:
        assert (await next_frame(client))["type"] == "welcome"
        yield client


def code(answer: tuple[int, Any]) -> tuple[int, str]:
    """The status and the code of an error."""
    status, content = answer
    assert content["error"]["detail"]
    return status, content["error"]["code"]


async def test_everybody_in_the_room_sees_a_message_of_a_program(server: Daphne, programs: Programs) -> None:
    async with inside(server, "posting") as ada:
        status, answer = programs["all"].call(
            "POST", "posting/messages", {"text": "Hi", "sender": "CI", "id": "1"}
        )
        assert (status, answer) == (201, {"seq": 1})
        message = await next_frame(ada)
        assert (message["text"], message["seq"], message["id"]) == ("Hi", 1, "1")
        sender = message["from"]
        assert (sender["name"], sender["guest"], sender["program"]) == ("CI", False, True)
        programs["poster"].call("POST", "posting/messages", {"text": "Hi"})
        assert (await next_frame(ada))["from"]["name"] == "poster"


def test_an_id_is_posted_once_by_a_token(programs: Programs) -> None:
    def post(program: str, text: str, **more: str) -> tuple[int, Any]:
        return programs[program].call(
            "POST", "ids/messages", {"text": text, "id": "same", "sender": "CI", **more}
        )

    status, first = post("all", "one")
    assert status == 201
    assert post("all", "one") == (200, first)
    assert code(post("all", "two")) == (409, "id_used")
    status, second = post("other", "one")
    assert (status, second["seq"]) == (201, first["seq"] + 1)
    assert post("all", "one") == (200, first)


def test_a_room_without_history_gives_no_number(programs: Programs) -> None:
    assert programs["all"].call("POST", "unlisted/messages", {"text": "Hi"}) == (201, {"seq": None})
    assert programs["all"].call("GET", "unlisted/messages") == (
        200,
        {"messages": [], "more": False, "epoch": ""},
    )


def test_history_is_read_in_both_directions(programs: Programs) -> None:
    program = programs["all"]
    for text in "abcde":
        program.call("POST", "reading/messages", {"text": text})

    def read(query: str) -> tuple[str, bool]:
        _, page = program.call("GET", f"reading/messages{query}")
        return "".join(frame["text"] for frame in page["messages"]), page["more"]

    assert read("") == ("abcde", False)
    assert read("?limit=2") == ("de", True)
    assert read("?before=4&limit=2") == ("bc", True)
    assert read("?before=2") == ("a", False)
    assert read("?after=0&limit=3") == ("abc", True)
    assert read("?after=3") == ("de", False)
    assert read("?after=99&unknown=x") == ("", False)


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=-1", "before=1.5", "limit=0", "limit=201", "after=1&before=2", "after=" + "9" * 30],
)
def test_a_query_that_is_none_is_an_error(programs: Programs, query: str) -> None:
    assert code(programs["all"].call("GET", f"reading/messages?{query}")) == (400, "bad_request")


def test_a_program_deletes_its_own_messages_and_a_moderator_any(programs: Programs) -> None:
    def post(program: str) -> int:
        return programs[program].call("POST", "deleting/messages", {"text": "x", "sender": "CI"})[1]["seq"]

    def delete(program: str, seq: int) -> tuple[int, Any]:
        return programs[program].call("DELETE", f"deleting/messages/{seq}")

    mine, theirs = post("poster"), post("other")
    assert delete("poster", mine) == (200, {"seq": 3})
    assert code(delete("poster", theirs)) == (403, "forbidden")
    assert delete("all", theirs) == (200, {"seq": 4})
    for seq in (mine, 3, 99, 10**30):
        assert code(delete("all", seq)) == (404, "not_found")
    _, page = programs["all"].call("GET", "deleting/messages")
    assert [frame.get("text", frame["type"]) for frame in page["messages"]] == ["", "", "deleted", "deleted"]


async def test_notices_are_numbered_and_events_are_not_kept(server: Daphne, programs: Programs) -> None:
    async with inside(server, "events") as ada:
        program = programs["all"]
        assert program.call("POST", "events/notices", {"text": "Noon"}) == (201, {"seq": 1})
        assert program.call("POST", "events/events", {"event": "progress", "data": {"a": [1]}}) == (204, None)
        frames = [await next_frame(ada), await next_frame(ada)]
    assert sorted(frame["type"] for frame in frames) == ["event", "notice"]
    event = next(frame for frame in frames if frame["type"] == "event")
    assert (event["event"], event["data"]) == ("progress", {"a": [1]})


async def test_members_are_read_and_disconnected(server: Daphne, programs: Programs) -> None:
    program = programs["all"]
    assert program.call("GET", "people/members") == (200, {"members": [], "count": 0})
    async with inside(server, "people", name="Ada") as ada:
        status, answer = program.call("GET", "people/members")
        assert (status, answer["count"], answer["members"][0]["name"]) == (200, 1, "Ada")
        member = answer["members"][0]["id"]
        assert code(programs["poster"].call("POST", f"people/members/{member}/disconnect")) == (
            403,
            "forbidden",
        )
        assert program.call("POST", f"people/members/{member}/disconnect") == (204, None)
        assert (await ending(ada))[1] == 4008


def test_a_room_out_of_scope_is_forbidden_whether_it_exists_or_not(programs: Programs) -> None:
    body = {"text": "Hi"}
    assert programs["lobby"].call("POST", "LOBBY/messages", body)[0] == 201
    answers = [
        programs["lobby"].call("POST", f"{room}/messages", body)
        for room in ("VIP", "Gone", "none", "a b".replace(" ", "%20"))
    ]
    assert [code(answer) for answer in answers] == [(403, "forbidden")] * 4
    assert len({json.dumps(answer) for answer in answers}) == 1
    assert code(programs["lobby"].call("GET", "lobby/messages")) == (403, "forbidden")


@pytest.mark.parametrize("room", ["Gone", "a%20b", "x" * 65])
def test_a_room_that_nobody_may_enter_is_not_found(programs: Programs, room: str) -> None:
    for method, path in (("POST", "messages"), ("GET", "messages"), ("GET", "members")):
        assert code(programs["all"].call(method, f"{room}/{path}", {"text": "Hi"})) == (404, "not_found")


def test_without_a_token_that_is_one_nothing_is_answered(programs: Programs) -> None:
    assert code(programs["stranger"].call("GET", "lobby/members")) == (401, "unauthorized")
    assert programs["stranger"].headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Hi",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"text": 1}',
        b'{"text": "\\ud800"}',
        b'{"text": "a\\u0000b"}',
        b'{"text": " "}',
        b'{"text": "Hi", "id": ""}',
        b'{"text": "Hi", "sender": ""}',
        b'{"text": "Hi", "sender": "ann"}',
        b'{"text": "Hi", "sender": "ANN"}',
        b'{"text": "Hi", "sender": "' + b"x" * 300 + b'"}',
        b'{"sender": "CI"}',
    ],
)
def test_a_body_that_cannot_be_a_message_is_an_error(programs: Programs, body: bytes) -> None:
    assert code(programs["all"].call("POST", "lobby/messages", body)) == (400, "bad_request")


@pytest.mark.parametrize(
    ("kind", "status"),
    [(JSON, 201), (f"{JSON}; charset=utf-8", 201), ("Application/JSON", 201), ("text/plain", 400), ("", 400)],
)
def test_the_body_is_json(programs: Programs, kind: str, status: int) -> None:
    body = b'{"text": "Hi", "unknown": {}}'
    assert programs["all"].ask("POST", "/api/rooms/lobby/messages", body, Content_Type=kind)[0] == status


def test_what_is_too_long_is_said(programs: Programs) -> None:
    program = programs["all"]
    for size in (4097, 100_000):
        assert code(program.call("POST", "lobby/messages", {"text": "x" * size})) == (413, "too_large")
    event = {"event": "progress", "data": "x" * 16_384}
    assert code(program.call("POST", "lobby/events", event)) == (413, "too_large")


def test_a_body_beyond_the_limit_of_the_site_is_answered_in_json(server: Daphne, programs: Programs) -> None:
    program = Program(server, "any")
    answer = program.ask("POST", "/api/rooms/lobby/messages", Content_Length="2000000")
    assert code(answer) == (413, "too_large")
    program.connection.close()


def test_methods_and_addresses(programs: Programs) -> None:
    program = programs["all"]
    assert code(program.ask("PUT", "/api/rooms/lobby/messages")) == (405, "method_not_allowed")
    assert program.headers["Allow"] == "POST, GET, HEAD, OPTIONS"
    assert program.ask("OPTIONS", "/api/rooms/lobby/notices")[0] == 204
    assert program.headers["Allow"] == "POST, OPTIONS"
    assert program.ask("HEAD", "/api/rooms/lobby/messages") == (200, None)
    assert program.ask("GET", "/api/rooms/lobby/messages/")[0] == 200
    for path in (
        "/api/rooms/",
        "/api/rooms/lobby/",
        "/api/rooms/lobby/messages/x",
        "/api/other",
        "/api/rooms/a/b/c/d",
    ):
        assert code(program.ask("POST", path)) == (404, "not_found")


def test_a_program_is_told_to_wait(start_server: StartServer) -> None:
    """It calls too often, or another one with its address tries tokens."""
    server: Daphne = start_server(API_RATE="2/hour", ROOMS_PASSWORD_ATTEMPTS="2/hour")
    token = server.manage("token", "bot", "--scope", "rooms:read:lobby").strip()
    for text, seconds, statuses in (
        (token, "1800", [200, 200, 200, 429]),
        ("wrong", "3600", [401, 401, 429, 429]),
    ):
        program = Program(server, text)
        answers = [program.call("GET", "lobby/members") for _ in statuses]
        program.connection.close()
        assert [status for status, _ in answers] == statuses
        assert (code(answers[-1]), program.headers["Retry-After"]) == ((429, "rate_limited"), seconds)


@pytest.mark.django_db
@pytest.mark.parametrize("gone", [Unavailable("secret"), OperationalError("secret"), TimeoutError()])
def test_what_is_out_of_reach_is_said_without_its_cause(
    client: Client, monkeypatch: pytest.MonkeyPatch, gone: Exception
) -> None:
    token = Token.objects.create(name="bot", scopes="rooms:read")

    async def fail(room: str) -> None:
        raise gone

    monkeypatch.setattr(api, "amembers", fail)
    answer = client.get("/api/rooms/lobby/members", headers={"Authorization": f"Bearer {token.text}"})
    assert code((answer.status_code, answer.json())) == (503, "unavailable")
    assert b"secret" not in answer.content
