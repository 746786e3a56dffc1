"""Pages that are made at once."""

import asyncio

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from rtproject import page_limit as module
from rtproject.page_limit import AT_ONCE, limit_pages


class Pages:
    """Pages that are done when `ready` is set, behind the middleware."""

    def __init__(self) -> None:
        self.begun = 0
        self.ready = asyncio.Event()
        self._handle = limit_pages(self._make)

    def get(self, method: str = "GET", path: str = "/") -> asyncio.Task[HttpResponse]:
        return asyncio.create_task(self._handle(RequestFactory().generic(method, path)))

    async def _make(self, request: HttpRequest) -> HttpResponse:
        self.begun += 1
        await self.ready.wait()
        return HttpResponse()


async def test_only_so_many_pages_are_made_at_once_and_the_others_wait() -> None:
    pages = Pages()
    waiting = [pages.get() for _ in range(3 * AT_ONCE)]
    posted = pages.get("POST")  # it may wait for a password's hash
    await asyncio.sleep(0)
    assert pages.begun == AT_ONCE + 1
    pages.ready.set()
    assert {response.status_code for response in await asyncio.gather(posted, *waiting)} == {200}


async def test_a_page_that_waits_for_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0)
    pages = Pages()
    made = [pages.get() for _ in range(AT_ONCE)]
    refused = await pages.get()
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    refused = await pages.get(path="/api/rooms/lobby/members")
    assert (refused.status_code, refused["Content-Type"]) == (503, "application/json")
    pages.ready.set()
    await asyncio.gather(*made)
    assert (await pages.get()).status_code == 200
