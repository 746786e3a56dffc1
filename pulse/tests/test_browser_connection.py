"""A dashboard that gets no pulses, or is denied, with machines that the test plays."""

import re

import pytest_asyncio
from playwright.async_api import Page, expect

from pulse.tests.sampling.fake_machines import FakeMachines, pulse
from pulse.tests.support import NOON

HOSTS = ("db-1", "web-1")
LONGEST_WAIT = 40_000  # ms, in which the socket certainly tries again
WHOLE = re.compile(r"^M[^M]*h\.01$")
WHOLE_AGAIN = re.compile(r"^M[^M]* 2\.0h\.01$")  # up to the pulse after the gap, which is at the top
BROKEN = re.compile(r"^M[^M]*h\.01M[^M]* 2\.0h\.01$")


@pytest_asyncio.fixture(loop_scope="session")
async def machines(daphne, page: Page) -> FakeMachines:
    """Two played machines with stored samples, on the open dashboard of five minutes."""
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


async def asked_in_the_end(page: Page, machines: FakeMachines) -> list[str]:
    """The questions until one that is asked now."""
    async with page.expect_response("**/samples/?range=86400"):
        await page.locator("label:has([value='86400'])").click()
    return machines.asked[:-1]


async def test_what_was_lost_on_the_way_is_asked_for_once_and_a_real_gap_stays(page, machines):
    """A failure without a disconnect leaves no hole; a machine that was down leaves one."""
    machines.lose(*(pulse("web-1", NOON + seconds) for seconds in (5, 10, 15)))
    await page.clock.fast_forward(20_000)
    machines.tell(*(pulse(name, NOON + 20, 100.0) for name in HOSTS))
    for name in HOSTS:
        await expect(page.locator(f"article[data-host='{name}'] .reading .value")).to_have_text("100.0 %")
    await page.clock.fast_forward(2_000)
    await expect(line(page, "web-1")).to_have_attribute("d", WHOLE_AGAIN)
    await expect(line(page, "db-1")).to_have_attribute("d", BROKEN)
    for seconds in range(25, 70, 5):
        await page.clock.fast_forward(5_000)
        machines.tell(*(pulse(name, NOON + seconds, 100.0) for name in HOSTS))
    await expect(line(page, "db-1")).to_have_attribute("d", BROKEN)
    assert await asked_in_the_end(page, machines) == ["range=300"] * 2


async def test_a_new_connection_asks_once_for_what_was_lost_before_it(page, machines):
    """The first pulses on it do not ask again."""
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


async def test_that_no_pulses_arrive_at_all_is_said(page, machines):
    """No host is called silent then, but not known; the first pulse of any host ends it."""
    said = page.locator("#no-pulses")
    await page.clock.fast_forward(5_000)
    machines.tell(*(pulse(name, NOON + 5, 3.0) for name in HOSTS))
    await expect(page.locator("article[data-host='db-1'] .reading .value")).to_have_text("3.0 %")
    await expect(said).to_be_empty()
    await page.clock.fast_forward(16_000)
    await expect(said).to_contain_text("No pulses arrive")
    await expect(page.locator("#hosts .status")).to_have_text(["not known: no pulse reaches this page"] * 2)
    await expect(page.locator("#announcements")).to_be_empty()
    machines.tell(pulse("web-1", NOON + 21))
    await expect(said).to_be_empty()
    await expect(page.locator("article[data-host='db-1']")).to_have_attribute("data-status", "silent")
    silent = re.compile(r"^db-1: no pulse for \d+ seconds\.$")
    await expect(page.locator("#announcements")).to_have_text(silent)


async def test_samples_and_events_that_cannot_be_had_are_asked_for_until_they_come(page, pages, machines):
    """The page shows live pulses, and says that samples are missing, not that there are none."""
    machines.fails = 500
    await page.reload()
    await expect(page.locator("#samples-missing")).to_be_visible()
    await expect(page.locator("#no-events")).to_be_hidden()
    await expect(page.locator("#hosts .reading .value")).to_have_text(["12.5 %"] * 2)
    machines.fails = None
    await page.clock.fast_forward(11_000)
    await expect(page.locator("#samples-missing")).to_be_hidden()
    await expect(page.locator("#no-events")).to_be_visible()
    await expect(line(page, "db-1")).to_have_attribute("d", re.compile("^M.*L"))
    pages.problems = [told for told in await pages.settled_problems() if "500" not in told]


async def stand_still(page: Page, machines: FakeMachines) -> None:
    """Stop the clock of the page, and count the connection that is open."""
    await page.clock.pause_at(NOON + 15)  # before the link would be taken for dead
    await machines.attempts.get()


async def load_samples(page: Page, machines: FakeMachines, status: int) -> None:
    """Give the page an answer without samples, and one with them."""
    for fails, seconds in ((status, 3600), (None, 86400)):
        machines.fails = fails
        async with page.expect_response(f"**/samples/?range={seconds}"):
            await page.locator(f"label:has([value='{seconds}'])").click()
        missing = page.locator("#samples-missing")
        await (expect(missing).to_be_visible() if fails == 500 else expect(missing).to_be_hidden())


async def test_a_page_that_is_denied_tries_again_only_after_the_wait(page, pages, machines):
    """Samples that are loaded meanwhile do not shorten the wait."""
    await stand_still(page, machines)
    machines.refuses = 4101
    await machines.hang_up()
    for _ in range(3):
        await expect(page.locator("#state")).to_have_attribute("data-state", "waiting")
        await load_samples(page, machines, 500)
        await expect(page.locator("#state")).to_have_attribute("data-state", "waiting")
        assert machines.attempts.empty()
        await page.clock.fast_forward(LONGEST_WAIT)
        await machines.attempts.get()
    pages.problems = [told for told in await pages.settled_problems() if "500" not in told]


async def test_somebody_who_may_not_see_the_pulse_any_more_is_told_so(page, pages, machines):
    """The page neither connects nor requests samples again, and mentions no room."""
    await stand_still(page, machines)
    machines.refuses = 4003
    await machines.hang_up()
    await expect(page.locator("#state")).to_have_attribute("data-state", "waiting")
    await page.clock.fast_forward(LONGEST_WAIT)
    await machines.attempts.get()
    await expect(page.locator("#state")).to_have_attribute("data-state", "closed")
    await expect(page.locator("#state")).to_contain_text("You may not see the pulse")
    await load_samples(page, machines, 403)
    asked = len(machines.asked)
    await page.clock.fast_forward(LONGEST_WAIT)
    assert machines.attempts.empty()
    assert len(machines.asked) == asked
    pages.problems = [told for told in await pages.settled_problems() if "403" not in told]
