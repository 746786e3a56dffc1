"""Compression of static files: a page loads many, and all are text."""

import gzip
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.decorators import async_only_middleware

TEXTS = ("text/", "application/json", "image/svg")

_compressed: dict[tuple[str, str], bytes] = {}  # by the path and version of each file


@async_only_middleware
def compress_static_files(get_response: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Django middleware: send static files as gzip to those that take it; each is compressed once."""

    async def middleware(request: HttpRequest) -> Any:
        response = await get_response(request)
        if not request.path.startswith(settings.STATIC_URL) or response.status_code != 200:
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        takes_gzip = request.method == "GET" and "gzip" in request.headers.get("Accept-Encoding", "")
        if not takes_gzip or not response["Content-Type"].startswith(TEXTS):
            return response
        key = request.path, response["ETag"]
        if key not in _compressed:
            _compressed[key] = gzip.compress(b"".join([part async for part in response]))
        headers = {**response.headers, "Content-Encoding": "gzip", "Content-Length": len(_compressed[key])}
        return HttpResponse(_compressed[key], headers=headers)

    return middleware
