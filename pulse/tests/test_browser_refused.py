"""A dashboard that is turned away, by a server that the test plays, on a clock that stands still."""

import pytest_asyncio
from playwright.async_api import Page, expect

from pulse.tests.sampling.fake_machines import FakeMachines, pulse
from pulse.tests.support import NOON

LONGEST_WAIT = 40_000  # ms, in which the socket certainly tries again


@pytest_asyncio.fixture(loop_scope="session")
async def machines(daphne, page: Page) -> FakeMachines:
    """One machine, which is played, on the open dashboard; from now on time passes only as the test has it."""
    await page.clock.install(time=NOON)
    played = FakeMachines(page)
    await played.install(pulse("web-1"))
    await page.goto(daphne.http_url("/dashboard/"))
    await expect(page.locator("#host .panel[data-chart=cpu] .value")).to_have_text("12.5 %")
    await page.clock.pause_at(NOON + 15)  # before the link would be taken for dead
    await played.attempts.get()
    return played


async def load_samples(page: Page, machines: FakeMachines, status: int) -> None:
    """Has the page do whatever it does with an answer: one without samples, and one with them."""
    for fails, seconds in ((status, 300), (None, 86400)):
        machines.fails = fails
        async with page.expect_response(f"**/samples/?range={seconds}"):
            await page.locator(f"label:has([value='{seconds}'])").click()
        missing = page.locator("#samples-missing")
        await (expect(missing).to_be_visible() if fails == 500 else expect(missing).to_be_hidden())


async def test_a_page_that_is_turned_away_tries_again_only_after_the_wait(page, pages, machines):
    """Samples that are loaded meanwhile, which the open link may have been the reason for, cut no wait short."""
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


async def test_who_may_not_see_the_pulse_any_more_is_told_so_and_asks_no_more(page, pages, machines):
    """Neither for a link nor for samples, and no room's password is spoken of."""
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
    await expect(page.locator("#state")).to_have_attribute("data-state", "closed")
    assert machines.attempts.empty()
    assert len(machines.asked) == asked
    pages.problems = [told for told in await pages.settled_problems() if "403" not in told]
