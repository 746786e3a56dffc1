"""What other code can call: HTTP as OpenAPI, WebSockets as AsyncAPI, both made from the types in the code."""

import inspect
import re
from collections.abc import Iterable, Iterator
from functools import cache
from http import HTTPStatus
from itertools import chain
from typing import Any, get_args

import msgspec

from pulse import protocol as pulse
from rooms import protocol as rooms
from rooms.api.http import OPERATIONS, Operation, Page
from rooms.names import PATTERN
from rtproject.utils.json_api import ErrorAnswer
from rtproject.websocket.close_codes import as_json

Json = dict[str, Any]
ROOM_NAME = {"type": "string", "pattern": f"^{PATTERN}$"}
ERRORS = dict.fromkeys((400, 401, 403, 404, 409, 413, 429, 503), ErrorAnswer)


def _ref(kind: type) -> Json:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def _schemas(kinds: Iterable[type]) -> Json:
    found = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")[1]
    for schema in found.values():
        schema["description"] = inspect.cleandoc(schema.get("description", ""))
    return found


@cache
def openapi() -> Json:
    kinds = {kind for each in OPERATIONS for kind in (each.given, *each.answers.values()) if kind}
    paths: dict[str, Json] = {}
    for each in OPERATIONS:
        path = re.sub(r"<\w+:(\w+)>", r"{\1}", f"/api/rooms/<str:room>/{each.path}")
        paths.setdefault(path, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rooms over HTTP", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": _schemas({*kinds, ErrorAnswer}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(each: Operation) -> Json:
    query: Json = {}
    if each.given and each.method == "GET":
        query = _schemas([each.given])[each.given.__name__]["properties"]
    kinds = {"int": "integer", "str": "string"}
    parts = re.findall(r"<(\w+):(\w+)>", each.path)
    path = {"room": ROOM_NAME} | {name: {"type": kinds[kind]} for kind, name in parts}
    described: Json = {
        "operationId": each.run.__name__,
        "summary": inspect.getdoc(each.run),
        "security": [{"token": [scope]} for scope in each.scopes],
        "parameters": [
            {"name": name, "in": place, "required": place == "path", "schema": schema}
            for place, parameters in (("path", path), ("query", query))
            for name, schema in parameters.items()
        ],
        "responses": {
            str(status): {"description": HTTPStatus(status).phrase} | _content(kind)
            for status, kind in (each.answers | ERRORS).items()
        },
    }
    if each.given and not query:
        described["requestBody"] = {"required": True} | _content(each.given)
    return described


def _content(kind: type | None) -> Json:
    return {} if kind is None else {"content": {"application/json": {"schema": _ref(kind)}}}


def _messages(*kinds: Any) -> dict[str, Json]:
    """The frames of these types, by the names of the types: a client's `history` is not the server's."""
    return {
        kind.__name__: {
            "name": kind.__struct_config__.tag,
            "summary": (inspect.getdoc(kind) or "").partition("\n\n")[0],
            "payload": _ref(kind),
        }
        for kind in kinds
    }


CLIENT, SERVER, PULSE = get_args(rooms.ClientFrame), get_args(rooms.ServerFrame), (pulse.Pulse, pulse.Alerts)
TEXT = {"name": "text", "summary": "Any text, or bytes.", "payload": {"type": "string"}}
ECHO = {"name": "echo", "summary": "The same after `Echo: `.", "payload": {"type": "string"}}
ROOM_QUERY = "pass name key token since epoch history"
# By name: the address, what clients send, what the server sends, and the parameters of the query.
CHANNELS: dict[str, tuple[str, dict[str, Json], dict[str, Json], str]] = {
    "echo": ("/echo", {"text": TEXT}, {"echo": ECHO}, ""),
    "room": ("/ws/{room}", _messages(*CLIENT), _messages(*SERVER), ROOM_QUERY),
    "stats": ("/stats", {}, _messages(*PULSE), "host history alerts"),
}


@cache
def asyncapi() -> Json:
    schemas = _schemas([*CLIENT, *SERVER, *PULSE])
    # A page is put together from finished frames. The one over HTTP has the same.
    frames = schemas["HistoryPage"]["properties"]["messages"] = _schemas([Page])["Page"]["properties"][
        "messages"
    ]
    del frames["items"]["discriminator"]  # OpenAPI's word, which means something else here
    operations = [_operations(name, received, sent) for name, (_, received, sent, _) in CHANNELS.items()]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "WebSockets", "version": "1"},
        "defaultContentType": "application/json",
        "channels": {name: _channel(*described) for name, described in CHANNELS.items()},
        "operations": dict(chain.from_iterable(operations)),
        "components": {"schemas": schemas},
        "x-close-codes": as_json(),
    }


def _channel(address: str, received: Json, sent: Json, query: str) -> Json:
    parameters = {parameter: {"type": "string"} for parameter in query.split()}
    return {
        "address": address,
        "parameters": {"room": {}} if "{room}" in address else {},
        "messages": received | sent,
        "bindings": {"ws": {"query": {"type": "object", "properties": parameters}}},
    }


def _operations(channel: str, received: Json, sent: Json) -> Iterator[tuple[str, Json]]:
    """Yield what the server does, `receive` and `send`, if there are messages for it."""
    for action, messages in (("receive", received), ("send", sent)):
        if messages:
            described = {
                "action": action,
                "channel": {"$ref": f"#/channels/{channel}"},
                "messages": [{"$ref": f"#/channels/{channel}/messages/{each}"} for each in messages],
            }
            yield f"{channel}.{action}", described
