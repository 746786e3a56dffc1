"""The dashboard on screens from the narrowest phone to a wall, with machines that the test plays."""

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from pulse.tests.sampling.fake_machines import FakeMachines, alert, pulse
from pulse.tests.support import NOON

PHONE = {"width": 360, "height": 640}
NARROW = {"width": 320, "height": 568}
CUT = """(texts) => texts.filter((text) => text.scrollWidth > text.clientWidth || text.scrollHeight > text.clientHeight)
    .map((text) => text.textContent)"""
UNDER = """(figures) => figures.filter(({ children: [name, value] }) =>
    value.getBoundingClientRect().top >= name.getBoundingClientRect().bottom).map(({ textContent }) => textContent)"""
OVERHANG = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest_asyncio.fixture(loop_scope="session")
async def machines(page: Page) -> FakeMachines:
    """Machines that are played; on the page it is NOON, and time passes."""
    await page.clock.install(time=NOON)
    return FakeMachines(page)


async def test_fifty_hosts_fit_a_phone_and_a_wall(daphne, page, machines):
    """The page is never wider than the screen, on the wall as on a host's own page."""
    names = [f"host-{number}.a-rather-long-domain.example" for number in range(50)]
    await machines.install(*(pulse(name, swap={"percent": 3.0, "used": 1, "total": 9}) for name in names))
    await page.goto(daphne.http_url("/dashboard/"))
    await expect(page.locator("#hosts article")).to_have_count(50)
    for size in (PHONE, {"width": 1920, "height": 1080}):
        await page.set_viewport_size(size)
        for chart in ("cpu", "network"):
            await page.locator(f"label:has([value={chart}])").click()
            await expect(page.locator(f"#hosts [data-chart={chart}].panel")).to_have_count(50)
            assert await page.evaluate(OVERHANG) == 0
    await page.set_viewport_size(PHONE)
    await page.locator("#hosts a").first.click()
    await expect(page.locator("#host")).to_be_visible()
    assert await page.evaluate(OVERHANG) == 0


@pytest.mark.parametrize("count", [3, 50])
async def test_on_the_narrowest_phone_nothing_is_cut_and_no_figure_slips_under_its_name(
    daphne, page, machines, count
):
    """What is the matter with a host is there to read, without pointing at it."""
    names = [f"web-{number}" for number in range(count)]
    full = {"percent": 95.0, "used": 95, "total": 100}
    await machines.install(*(pulse(name, cpu=99.0, memory=full, load=[12.5, 1, 1]) for name in names))
    await page.goto(daphne.http_url("/dashboard/"))
    statuses = page.locator("#hosts .status")
    await expect(statuses.last).to_have_text("high: CPU, Memory, Load")
    machines.tell_alerts(
        alert("web-0", "cpu", "firing"), alert("web-0", "memory", "firing"), alert("web-1", "disk", "pending")
    )
    await expect(statuses.first).to_have_text("firing: CPU, Memory")
    for size in (NARROW, PHONE, {"width": 1280, "height": 800}):
        await page.set_viewport_size(size)
        assert await page.evaluate(OVERHANG) == 0
        assert await statuses.evaluate_all(CUT) == []
        assert await page.locator("#hosts .figures > div:visible").evaluate_all(UNDER) == []
    await expect(page.locator("#hosts .status[title]")).to_have_count(0)
