"""Fixtures for all tests, most for real sockets; the `conftest.py` in the root loads them."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Protocol, TypeVar

import pytest
import pytest_asyncio
from channels.layers import channel_layers
from playwright.async_api import Browser, Page

from rtproject.tests.support.browser import NO_CHROMIUM, Pages, find_chromium, launched
from rtproject.tests.support.postgres import Postgres
from rtproject.tests.support.servers import Daphne, SiteProcess
from rtproject.tests.support.site import Site, Templates
from rtproject.tests.support.valkey import Valkey

P = TypeVar("P", bound=SiteProcess)


class NewSite(Protocol):
    """The type of `new_site`."""

    def __call__(self, *, demo: bool = True, **settings: object) -> Site: ...


class StartServer(Protocol):
    """The type of `start_server`."""

    def __call__(
        self,
        kind: type[P] = ...,
        *arguments: str,
        site: Site | None = None,
        demo: bool = True,
        **settings: object,
    ) -> P: ...


@pytest.fixture(autouse=True)
def _own_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no channel layer for the next test, so that each test may set another one."""
    monkeypatch.setattr(channel_layers, "backends", {})


@pytest.fixture(scope="session")
def site_templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """The databases that new sites are copied from."""
    return Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture(scope="session")
def new_site(site_templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> NewSite:
    """Make a site: migrated, with the demo rooms unless `demo=False`, with the given settings."""

    def new(*, demo: bool = True, **settings: object) -> Site:
        return site_templates.new_site(tmp_path_factory.mktemp("site"), demo, settings)

    return new


@pytest.fixture
def start_server(new_site: NewSite) -> Iterator[StartServer]:
    """Start a Daphne, Uvicorn or PulseWorker on a new site, or on `site`, for one test.

    `arguments` go to the command line, `settings` to the environment.
    """
    with ExitStack() as started:

        def start(
            kind: type[P] = Daphne,  # type: ignore[assignment]
            *arguments: str,
            site: Site | None = None,
            demo: bool = True,
            **settings: object,
        ) -> P:
            if site is not None and settings:
                raise TypeError("settings belong to the site: give them to new_site")
            process = kind(site or new_site(demo=demo, **settings), *arguments)
            started.callback(process.terminate)
            return process

        yield start


@pytest.fixture(scope="module")
def daphne(new_site: NewSite) -> Iterator[Daphne]:
    """A Daphne with the demo rooms for all tests of a module.

    Its limits per address are off: all tests come from one address, and would use up each other's attempts.
    """
    server = Daphne(new_site(WEBSOCKETS_PER_ADDRESS=0, ROOMS_PASSWORD_ATTEMPTS=0, ROOMS_ADDRESS_RATE=0))
    yield server
    server.terminate()


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """A Valkey server of this test's own, so it may be stopped, restarted and paused."""
    server = Valkey()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, one for the whole run, since a start takes longer than most tests.

    A test that uses it takes `database_url` as well, and may stop, kill and pause the server.
    """
    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def database_url(postgres: Postgres) -> Iterator[str]:
    """The DATABASE_URL of an empty PostgreSQL database of this test's own."""
    url = postgres.new_database()
    yield url
    postgres.resume()
    postgres.start()
    postgres.take_writes(True)
    postgres.drop_database(url)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, one for the whole run; see `pages` for the pages of visitors.

    It belongs to the session's event loop, so tests with it run there too: `reporting` marks them. Without a
    Chromium the test is skipped, or fails where the variable REQUIRE_BROWSER is set.
    """
    path = find_chromium()
    if path is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(NO_CHROMIUM)
        pytest.skip(NO_CHROMIUM)
    async with launched(path) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def pages(browser: Browser) -> AsyncIterator[Pages]:
    """Make pages, one for each visitor; the test fails if any of them reports a problem."""
    made = Pages(browser)
    yield made
    problems = await made.settled_problems()
    await made.close()
    assert not problems, "The pages reported:\n" + "\n".join(problems)


@pytest_asyncio.fixture(loop_scope="session")
async def page(pages: Pages) -> Page:
    """A page of one visitor; see `pages`."""
    return await pages.new()
