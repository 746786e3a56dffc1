"""Static files as they come from the apps, texts of them compressed and from memory."""

import gzip
import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import parse_http_date_safe
from servestatic.middleware import ServeStaticMiddleware

TEXT = re.compile(r"text/|(application|image)/[\w.+-]*(javascript|json|xml)")
KEPT = ("Content-Type", "Cache-Control", "Last-Modified", "Access-Control-Allow-Origin")  # of the file itself


class Packed(NamedTuple):
    """A compressed file, and the headers that it has."""

    body: bytes
    headers: dict[str, str]
    etag: str | None

    def response(self, request: HttpRequest) -> HttpResponse:
        """Return the response to `request`: 304 if its client has this file."""
        modified = parse_http_date_safe(self.headers.get("Last-Modified", ""))
        response = get_conditional_response(request, etag=self.etag, last_modified=modified)
        if response is None:
            response = HttpResponse(self.body, headers={"Content-Encoding": "gzip"})
        for name, value in self.headers.items():
            response[name] = value
        if self.etag is not None:
            response["ETag"] = self.etag
        patch_vary_headers(response, ["Accept-Encoding"])
        return response


class StaticFilesMiddleware(ServeStaticMiddleware):
    """ServeStatic, which sends compressed only what was compressed beforehand, in a step that this site has not.

    A text is compressed when it is first asked for, and stays in memory: a page has dozens of them, and to open a
    file costs a server more than to send it. With DEBUG each is read anew.
    """

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]) -> None:
        super().__init__(get_response)
        self._packed: dict[str, Packed] = {}

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the file that `request` is for, or what the next one answers."""
        if self.autorefresh or request.path_info not in self.files or not _can_be_packed(request):
            passed: HttpResponseBase = await super().__call__(request)
            return passed
        packed = self._packed.get(request.path_info)
        if packed is None:
            response: HttpResponseBase = await super().__call__(request)
            if response.status_code != 200 or not TEXT.match(response.headers.get("Content-Type", "")):
                return response
            packed = self._packed[request.path_info] = await _pack(response)
        return packed.response(request)


def _can_be_packed(request: HttpRequest) -> bool:
    accepts = "gzip" in request.headers.get("Accept-Encoding", "")
    return accepts and request.method == "GET" and "Range" not in request.headers


async def _pack(response: HttpResponseBase) -> Packed:
    content = b"".join([part async for part in response])  # type: ignore[attr-defined]
    response.close()
    headers = {name: response[name] for name in KEPT if name in response}
    etag = response.headers.get("ETag")
    # A weak tag, since it stands for both forms.
    return Packed(gzip.compress(content, 9), headers, etag and f"W/{etag.removeprefix('W/')}")
