"""The dashboard with few and many machines: widths, accessibility, and size over time."""

from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from pulse.tests.sampling.fake_machines import FakeMachines, alert, pulse
from pulse.tests.support import NOON
from rtproject.tests.support.accessibility import assert_accessible

PHONE = {"width": 360, "height": 640}
NARROW = {"width": 320, "height": 568}
DESK = {"width": 1280, "height": 800}
WALL = {"width": 1920, "height": 1080}
CUT = """(texts) => texts.filter((text) => text.scrollWidth > text.clientWidth || text.scrollHeight > text.clientHeight)
    .map((text) => text.textContent)"""
UNDER = """(figures) => figures.filter(({ children: [name, value] }) =>
    value.getBoundingClientRect().top >= name.getBoundingClientRect().bottom).map(({ textContent }) => textContent)"""
OVERHANG = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

MANY_PULSES = Path(__file__).parent / "static" / "support" / "many_pulses.js"
HOSTS = 50
LENGTHS = "lines => lines.map((line) => line.getAttribute('d').length)"


@pytest_asyncio.fixture(loop_scope="session")
async def machines(page: Page) -> FakeMachines:
    """Machines that are played; on the page it is NOON, and time passes."""
    await page.clock.install(time=NOON)
    return FakeMachines(page)


@pytest.mark.parametrize("count", [3, HOSTS])
async def test_nothing_is_too_wide_or_cut_and_no_figure_slips_under_its_name(daphne, page, machines, count):
    """The status of a host can be read, from the narrowest phone to a wall."""
    names = [f"host-{number}.a-rather-long-domain.example" for number in range(count)]
    full = {"percent": 95.0, "used": 95, "total": 100}
    await machines.install(*(pulse(name, cpu=99.0, memory=full, load=[12.5, 1, 1]) for name in names))
    await page.goto(daphne.http_url("/dashboard/"))
    statuses = page.locator("#hosts .status")
    await expect(statuses.last).to_have_text("raised: CPU, Memory, Load")
    machines.tell_alerts(
        *(alert(names[0], metric, "firing") for metric in ("cpu", "memory")),
        alert(names[1], "disk", "pending"),
    )
    await expect(statuses.first).to_have_text("firing: CPU, Memory · raised: Load")
    for size in (NARROW, PHONE, DESK, WALL):
        await page.set_viewport_size(size)
        assert await page.evaluate(OVERHANG) == 0
        if count == 3:  # in a line only its mark is certain to be seen
            assert await statuses.evaluate_all(CUT) == []
        assert await page.locator("#hosts .figures > div:visible").evaluate_all(UNDER) == []
    await page.set_viewport_size(NARROW)
    await page.locator("label:has([value=network])").click()
    await expect(page.locator("#hosts .chart[data-chart=network]")).to_have_count(count)
    assert await page.evaluate(OVERHANG) == 0
    await page.locator("#hosts a").first.click()
    await expect(page.locator("#host")).to_be_visible()
    assert await page.evaluate(OVERHANG) == 0


async def test_everybody_can_use_it(daphne, page, machines):
    """axe-core finds no violation on the wall, on a host's own page, and where hosts are lines."""
    machines.kept = {"web-1": NOON, "web-2": NOON - 1200}
    machines.events = [alert("web-1", "cpu", "firing")]
    alerts = {"type": "alerts", "alerts": [alert("web-1", "cpu", "firing"), alert("db-1", "disk", "pending")]}
    await machines.install(pulse("web-1", cpu=99.0), pulse("db-1", cpu=80.0), alerts)
    await page.goto(daphne.http_url("/dashboard/"))
    await expect(page.locator("#hosts article")).to_have_count(3)
    await page.locator("#figures summary").click()
    await page.locator("#alert-count").click()
    await expect(page.locator("#alerts li")).to_have_count(2)
    await assert_accessible(page)
    await page.keyboard.press("Escape")
    await page.locator("#hosts a").last.click()
    await page.locator(".times summary").click()
    await expect(page.locator(".times tbody tr").first).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("link", name="All hosts").click()
    machines.tell(*(pulse(f"host-{number}") for number in range(70)))
    await expect(page.locator("#hosts")).to_have_attribute("data-size", "lines")
    await assert_accessible(page)


async def test_two_hundred_hosts_are_lines_on_one_screen(daphne, page, machines):
    """The worst of them first, each with its state, its name and a figure."""
    names = [f"host-{number}.example.net" for number in range(200)]
    await machines.install(*map(pulse, names))
    await page.set_viewport_size(WALL)
    await page.goto(daphne.http_url("/dashboard/"))
    await expect(page.locator("#hosts article")).to_have_count(200)
    machines.tell_alerts(alert(names[-1], "cpu", "firing"))
    await expect(page.locator("#hosts .name").first).to_have_text(names[-1])
    lowest = await page.locator("#hosts").evaluate("(list) => list.getBoundingClientRect().bottom")
    assert lowest <= WALL["height"]


async def test_fifty_hosts_make_the_page_no_larger_with_time(daphne, page):
    """After two ranges there are as many elements, and lines as long, as after one."""
    await page.add_init_script(path=MANY_PULSES)
    nothing = {"now": NOON, "range": 3600, "step": 30, "hosts": {}}
    await page.route("**/dashboard/samples/**", lambda route: route.fulfill(json=nothing))
    await page.goto(daphne.http_url("/dashboard/#range=300"))
    await page.wait_for_function("Boolean(globalThis.link)")
    counts = []
    for beats in (66, 60):  # of five seconds each
        await page.evaluate("([beats, hosts]) => play(beats, hosts)", [beats, HOSTS])
        lengths = await page.locator("#hosts .first .line").evaluate_all(LENGTHS)
        assert len(lengths) == HOSTS
        counts.append((await page.locator("*").count(), max(lengths)))
    (elements, longest), (later_elements, later_longest) = counts
    assert later_elements == elements
    assert later_longest <= 1.1 * longest
