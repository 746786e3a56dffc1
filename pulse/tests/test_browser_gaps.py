"""Pulses that do not come, with machines that the test plays: those that were lost on the way, and real gaps."""

import json
import re

import pytest_asyncio
from playwright.async_api import Page, expect

from pulse.tests.sampling.fake_machines import FakeMachines, pulse
from pulse.tests.support import NOON

HOSTS = ("db-1", "web-1")
WHOLE = re.compile(r"^M[^M]*h\.01$")
WHOLE_AGAIN = re.compile(r"^M[^M]* 2\.0h\.01$")  # up to the pulse after the gap, which is at the top
BROKEN = re.compile(r"^M[^M]*h\.01M[^M]* 2\.0h\.01$")


@pytest_asyncio.fixture(loop_scope="session")
async def machines(daphne, page: Page) -> FakeMachines:
    """Two machines with a past, which are played, on the open dashboard, which shows five minutes."""
    await page.clock.install(time=NOON)
    played = FakeMachines(page, kept=HOSTS)
    await played.install(*map(pulse, HOSTS))
    await page.goto(daphne.http_url("/dashboard/#range=300"))
    for name in HOSTS:
        await expect(line(page, name)).to_have_attribute("d", WHOLE)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    return played


def line(page: Page, name: str):
    """The line of a host's chart."""
    return page.locator(f"article[data-host='{name}'] .first .line")


async def come_back(page: Page, machines: FakeMachines) -> None:
    """Time passes until the page, to which nothing came for four beats, hears of both machines, and a little more."""
    await page.clock.fast_forward(20_000)
    machines.tell(*(pulse(name, NOON + 20, 100.0) for name in HOSTS))
    for name in HOSTS:
        await expect(page.locator(f"article[data-host='{name}'] .panel .value")).to_have_text("100.0 %")
    await page.clock.fast_forward(2_000)


async def asked_in_the_end(page: Page, machines: FakeMachines) -> list[str]:
    """What was asked for until a question that is asked now."""
    async with page.expect_response("**/samples/?range=86400"):
        await page.locator("label:has([value='86400'])").click()
    return machines.asked[:-1]


async def test_pulses_that_were_lost_on_the_way_are_asked_for_once(page, machines):
    """An outage that the socket survives leaves no hole, and the machines that come back together ask once."""
    machines.lose(*(pulse(name, NOON + seconds) for name in HOSTS for seconds in (5, 10, 15)))
    await come_back(page, machines)
    for name in HOSTS:
        await expect(line(page, name)).to_have_attribute("d", WHOLE_AGAIN)
    assert await asked_in_the_end(page, machines) == ["range=300"] * 2


async def test_a_real_gap_stays_one_and_is_asked_for_once(page, machines):
    """A machine that was down has no samples; what the other one lost in the same time is filled in."""
    machines.lose(*(pulse("web-1", NOON + seconds) for seconds in (5, 10, 15)))
    await come_back(page, machines)
    await expect(line(page, "web-1")).to_have_attribute("d", WHOLE_AGAIN)
    await expect(line(page, "db-1")).to_have_attribute("d", BROKEN)
    for seconds in range(25, 70, 5):
        await page.clock.fast_forward(5_000)
        machines.tell(*(pulse(name, NOON + seconds, 100.0) for name in HOSTS))
    await expect(line(page, "db-1")).to_have_attribute("d", BROKEN)
    assert await asked_in_the_end(page, machines) == ["range=300"] * 2


async def test_a_new_connection_asks_once(page, machines):
    """For what was lost before it: the first pulses on it do not ask again."""
    machines.lose(*(pulse(name, NOON + seconds) for name in HOSTS for seconds in (5, 10, 15)))
    await page.clock.fast_forward(20_000)
    await machines.install(*(pulse(name, NOON + 20, 100.0) for name in HOSTS))
    await machines.hang_up()
    await expect(page.locator("#state")).to_have_attribute("data-state", "waiting")
    await page.clock.fast_forward(2_000)
    for name in HOSTS:
        await expect(line(page, name)).to_have_attribute("d", WHOLE_AGAIN)
    await page.clock.fast_forward(4_000)
    assert await asked_in_the_end(page, machines) == ["range=300"] * 2


async def test_a_page_that_is_opened_in_an_outage_of_the_store_gets_what_is_stored_afterwards(page, machines):
    """What was measured before it was opened is there as soon as the store has it, and nothing is asked for then."""
    await page.clock.fast_forward(20_000)
    await machines.install()
    await page.reload()
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    await page.clock.fast_forward(3_000)
    machines.tell_text(*(json.dumps(pulse(name, NOON + 20, 100.0)) for name in HOSTS))
    for name in HOSTS:
        await expect(line(page, name)).to_have_attribute("d", BROKEN)
    machines.lose(*(pulse(name, NOON + seconds) for name in HOSTS for seconds in (5, 10, 15, 20)))
    await page.clock.fast_forward(30_000)
    for name in HOSTS:
        await expect(line(page, name)).to_have_attribute("d", re.compile(r"^M[^M]*$"))


async def test_kept_samples_that_cannot_be_had_again_take_nothing_away(page, pages, machines):
    """The page shows what it had, and says that something is missing until it comes."""
    machines.fails = 500
    machines.lose(*(pulse(name, NOON + seconds) for name in HOSTS for seconds in (5, 10, 15)))
    await come_back(page, machines)
    await expect(page.locator("#samples-missing")).to_be_visible()
    await expect(line(page, "db-1")).to_have_attribute("d", BROKEN)
    machines.fails = None
    await page.clock.fast_forward(10_000)
    await expect(page.locator("#samples-missing")).to_be_hidden()
    await expect(line(page, "db-1")).to_have_attribute("d", WHOLE_AGAIN)
    pages.problems = [told for told in await pages.settled_problems() if "500" not in told]


async def test_that_no_pulses_arrive_at_all_is_said(page, machines):
    """It is no machine's silence then, and none is announced; the first pulse of any of them ends it."""
    said = page.locator("#no-pulses")
    await page.clock.fast_forward(5_000)
    machines.tell(*(pulse(name, NOON + 5, 3.0) for name in HOSTS))
    await expect(page.locator("article[data-host='db-1'] .panel .value")).to_have_text("3.0 %")
    await expect(said).to_be_empty()
    await page.clock.fast_forward(16_000)
    await expect(said).to_contain_text("No pulses arrive")
    await expect(page.locator("article[data-status=stale]")).to_have_count(2)
    machines.tell(pulse("web-1", NOON + 21))
    await expect(said).to_be_empty()
    await expect(page.locator("#announcements")).to_have_text(
        re.compile(r"^db-1: no pulse for \d+ seconds\.$")
    )
