"""Requests and answers of an HTTP API: JSON, errors too."""

from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from django.http import HttpRequest, HttpResponse

from rtproject.websocket.utils.log_text import printable

T = TypeVar("T")

CODES = {413: "too_large", 429: "rate_limited", 503: "unavailable"}


class Reason(msgspec.Struct):
    """Why a request failed: `code` is for programs, `detail` a sentence for a developer."""

    code: str
    detail: str


class ErrorAnswer(msgspec.Struct):
    """The answer to a request that had no effect."""

    error: Reason


class ApiError(Exception):
    """Raised for a request that fails. The code follows from the status, unless it is given."""

    def __init__(self, status: int, detail: str, code: str = "", **headers: str) -> None:
        super().__init__(detail)
        code = code or CODES.get(status) or HTTPStatus(status).name.lower()
        answer = ErrorAnswer(Reason(code, detail))
        self.response = json_response(answer, status)
        for name, value in headers.items():
            self.response[name.replace("_", "-")] = value


def json_response(content: Any, status: int = 200) -> HttpResponse:
    """Return `content` as JSON, for one reader alone."""
    body, headers = msgspec.json.encode(content), {"Cache-Control": "no-store"}
    return HttpResponse(body, content_type="application/json", status=status, headers=headers)


def decode(request: HttpRequest, kind: type[T]) -> T:
    """Return the query of a GET, or the JSON body of another request, as a struct. Raises ApiError."""
    by_query = request.method in ("GET", "HEAD")
    if not by_query and request.content_type != "application/json":
        raise ApiError(400, "Send the body with `Content-Type: application/json`.")
    try:
        if by_query:
            return msgspec.convert(request.GET.dict(), kind, strict=False)
        return msgspec.json.decode(request.read(), type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ApiError(400, f"The request cannot be read: {printable(str(error), 200)}.") from None
