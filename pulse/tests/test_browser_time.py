"""The past on the dashboard, with machines that the test plays: ranges, cursor and zoom."""

import re

import pytest_asyncio
from playwright.async_api import Page, expect

from pulse.tests.sampling.fake_machines import DASH, FakeMachines, pulse
from pulse.tests.support import NOON

VALUE = "#hosts [data-chart=cpu] .value"
LINE = "#hosts .first .line"
CROSSES = "(crosses) => crosses.map((cross) => cross.getAttribute('d'))"


@pytest_asyncio.fixture(loop_scope="session")
async def machines(page: Page) -> FakeMachines:
    """Two machines with a past, which is played; on the page it is NOON, and time passes."""
    await page.clock.install(time=NOON)
    played = FakeMachines(page, kept=["db-1", "web-1"])
    await played.install(pulse("db-1"), pulse("web-1", cpu=60.0))
    return played


async def opened(page: Page, daphne, hash: str = "") -> None:
    """Open the dashboard, and wait until it shows both machines and their past."""
    await page.goto(daphne.http_url("/dashboard/" + hash))
    await expect(page.locator(VALUE)).to_have_text(["12.5 %", "60.0 %"])
    await expect(page.locator(LINE).first).to_have_attribute("d", re.compile("^M.*L"))


async def expect_points(page: Page, about: int, line: str = LINE) -> None:
    """Wait until the line of the first host has about this number of points."""
    points = re.compile(rf"^[^L]+(L[^L]+){{{about - 3},{about + 1}}}$")
    await expect(page.locator(line).first).to_have_attribute("d", points)


async def test_it_opens_with_the_last_hour_and_can_show_less_and_more(daphne, page, machines):
    """Each range is asked for once, chosen with the mouse or the keys, and survives a reload."""
    await opened(page, daphne)
    await expect(page.get_by_role("radio", name="1 hour")).to_be_checked()
    await expect_points(page, 120)
    await page.locator("label:has([value='86400'])").click()
    await expect_points(page, 288)
    await page.locator("label:has([value='604800'])").click()
    await expect_points(page, 168)
    await page.get_by_role("radio", name="1 week").press("ArrowLeft")
    await page.get_by_role("radio", name="1 day").press("ArrowLeft")
    await page.get_by_role("radio", name="1 hour").press("ArrowLeft")
    await expect(page.get_by_role("radio", name="5 minutes")).to_be_checked()
    await expect_points(page, 60)
    await page.reload()
    await expect(page.get_by_role("radio", name="5 minutes")).to_be_checked()
    await expect_points(page, 60)
    assert machines.asked[:3] == ["range=3600", "range=86400", "range=604800"]
    assert machines.asked[-1] == "range=300"


async def test_a_pulse_continues_the_line_and_interrupts_no_screen_reader(daphne, page, machines):
    """It needs no request, and a focused chart does not announce each pulse."""
    await opened(page, daphne, "#range=300")
    plot = page.locator("#hosts .plot").first
    await plot.focus()
    before = await plot.get_attribute("aria-valuetext")
    machines.tell(pulse("db-1", NOON + 5, 100.0))
    await expect(page.locator(LINE).first).to_have_attribute("d", re.compile(r"^M[^M]* 2\.0h\.01$"))
    await expect(page.locator(VALUE).first).to_have_text("100.0 %")
    assert await plot.get_attribute("aria-valuetext") == before
    assert machines.asked == ["range=300"]


async def test_the_pointer_shows_one_time_on_all_charts(daphne, page, machines):
    """The figures are of that time, everywhere, and of now again when the pointer leaves."""
    await opened(page, daphne)
    await page.locator("#hosts .plot").first.hover(position={"x": 40, "y": 20})
    await expect(page.locator("#cursor-time")).to_have_text(re.compile(r"^\d+:\d\d:\d\d.* ago$"))
    crosses = await page.locator("#hosts .cross").evaluate_all(CROSSES)
    assert crosses[0] == crosses[1] != ""
    past = await page.locator(VALUE).all_text_contents()
    assert past[0] == past[1] != "12.5 %"
    assert await page.locator("#hosts [data-figure=cpu] .value").all_text_contents() == past
    await page.mouse.move(0, 0)
    await expect(page.locator(VALUE)).to_have_text(["12.5 %", "60.0 %"])
    await expect(page.locator("#cursor-time")).to_be_empty()


async def test_a_drag_zooms_all_charts_to_finer_samples(daphne, page, machines):
    """The address has the zoom, so that it survives a reload; Escape and a button end it."""
    await page.goto(daphne.http_url("/dashboard/#range=604800&host=web-1"))
    plot = page.locator("#host .plot").first
    await expect_points(page, 168, "#host .first .line")
    box = await plot.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 20)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 0.97 * box["width"], box["y"] + 20, steps=3)
    await expect(page.locator("#host .selection").last).to_have_attribute("d", re.compile("^M.+Z$"))
    await page.mouse.up()
    await expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    await expect(page.get_by_role("button", name="Whole range")).to_be_visible()
    await expect_points(page, 141, "#host .first .line")  # of five minutes
    assert machines.asked[-1] == "range=86400&host=web-1"
    await page.reload()
    await expect_points(page, 141, "#host .first .line")
    await plot.focus()
    await page.keyboard.press("+")
    await expect_points(page, 70, "#host .first .line")
    await page.keyboard.press("Escape")
    await expect(page).not_to_have_url(re.compile("from="))
    await expect_points(page, 168, "#host .first .line")


async def test_the_axes_have_figures_with_units(daphne, page, machines):
    await opened(page, daphne)
    await page.locator("#hosts a").first.click()
    chart = page.locator("#host .chart[data-chart=network]")
    await expect(chart.locator(".y span")).to_have_text(
        [re.compile("^0 B/s$"), *[re.compile(r" MiB/s$")] * 2]
    )
    await expect(chart.locator(".x span")).to_have_text([re.compile(r"^\d+:[0-5][05] [AP]M$")] * 4)
    await expect(page.locator("#host [data-chart=cpu] .y span")).to_have_text(["0 %", "50 %", "100 %"])


async def test_the_keys_move_through_time_and_hosts(daphne, page, machines):
    """One chart is a stop of the Tab key; the arrow keys reach the others, and values are read."""
    await opened(page, daphne)
    first, second = page.locator("#hosts .plot").first, page.locator("#hosts .plot").last
    await page.locator("#hosts a").first.focus()
    await page.keyboard.press("Tab")
    await expect(first).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await expect(first).to_have_attribute("aria-valuetext", re.compile(r"^\d+\.\d %, \d+:\d\d:\d\d"))
    now = await first.get_attribute("aria-valuetext")
    await page.keyboard.press("ArrowLeft")
    await expect(first).not_to_have_attribute("aria-valuetext", now or "")
    await page.keyboard.press("ArrowDown")
    await expect(second).to_be_focused()
    crosses = await page.locator("#hosts .cross").evaluate_all(CROSSES)
    assert crosses[0] == crosses[1] != ""
    await page.keyboard.press("Home")
    await expect(page.locator("#hosts .cross").last).to_have_attribute("d", re.compile(r"^M[01]\.\d 0V100$"))
    await page.keyboard.press("End")
    await page.keyboard.press("PageDown")
    await expect(page.locator("#cursor-time")).to_have_text(re.compile(r"[456] min (\d+ s )?ago"))
    await page.keyboard.press("Escape")
    await expect(page.locator("#cursor-time")).to_be_empty()
    await page.keyboard.press("Tab")
    await expect(page.locator("#figures summary")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#host .name")).to_have_text("web-1")


async def test_the_past_has_its_gaps_and_its_peaks(daphne, page, machines):
    """A host without a sample shows a dash; a step of many shows its peak."""
    machines.kept["db-1"] = NOON - 1800
    await opened(page, daphne)
    await page.locator("#hosts .plot").first.focus()
    await page.keyboard.press("Home")
    await expect(page.locator(VALUE).first).not_to_have_text(DASH)
    await page.keyboard.press("End")
    await page.keyboard.press("PageDown")
    await expect(page.locator(VALUE).first).to_have_text(DASH)
    await expect(page.locator(VALUE).last).not_to_have_text(DASH)
    await page.locator("#hosts a").last.click()
    panel = page.locator("#host .chart[data-chart=cpu]")
    await expect_points(page, 120, "#host .chart[data-chart=cpu] .first .peak")
    await panel.locator(".plot").focus()
    await page.keyboard.press("Home")
    await expect(panel.locator(".detail")).to_have_text(re.compile(r"^peak \d+\.\d %$"))


async def test_the_tables_have_the_figures_of_the_charts(daphne, page, machines):
    """One table has all hosts now, the other one host over time."""
    await page.clock.set_fixed_time(NOON)
    await opened(page, daphne)
    await page.locator("#figures summary").click()
    rows = page.locator("#figures tbody tr")
    await expect(rows).to_have_count(2)
    figures = [
        "60.0 %",
        "50.0 %",
        "0.0 %",
        "25.0 %",
        "0.50, 0.25 per core",
        "1.0 MiB/s",
        "2.0 KiB/s",
        *["\u2013"] * 3,  # inodes, and what disks read and write, which these machines do not say
        "3 d 3 h",
    ]
    await expect(rows.last.locator("th, td")).to_have_text(["web-1", "fine", *figures])
    await rows.last.get_by_role("link").click()
    await page.locator(".times summary").click()
    times = page.locator(".times tbody tr")
    await expect(times).to_have_count(12)
    words = re.compile(r"^\d+\.\d %, peak \d+\.\d %$")
    await expect(times.first.locator("td").first).to_have_text(words)
    await expect(times.last.locator("td").first).to_have_text(words)
