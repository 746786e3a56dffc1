"""Alerts and thresholds on the dashboard, with machines that the test plays."""

import re

import pytest_asyncio
from playwright.async_api import Page, expect

from pulse.protocol import moment, rfc3339
from pulse.tests.sampling.fake_machines import FakeMachines, alert, pulse
from pulse.tests.support import NOON

HEARD = """
window.heard = [];
new MutationObserver(() => heard.push(document.getElementById("alarms").textContent))
    .observe(document.getElementById("alarms"), { childList: true, characterData: true, subtree: true });
"""


@pytest_asyncio.fixture(loop_scope="session")
async def machines(daphne, page: Page) -> FakeMachines:
    """Two machines, which are played, on the open dashboard."""
    await page.clock.install(time=NOON)
    played = FakeMachines(page)
    await played.install(pulse("db-1"), pulse("web-1"))
    await page.goto(daphne.http_url("/dashboard/"))
    await expect(page.locator("#hosts article")).to_have_count(2)
    return played


async def test_that_all_is_fine_is_said_only_if_it_is_known_and_true(page, machines):
    """The sentence appears with the first `alerts` frame, with a connection, and while nothing is raised."""
    fine = page.locator("#all-fine")
    await expect(fine).to_be_empty()
    machines.tell_alerts()
    await expect(fine).to_have_text("Hosts: 2, all fine.")
    await expect(page.locator("#counts button, #open-alerts").locator("visible=true")).to_have_count(0)
    await expect(page.locator("#no-events")).to_be_visible()
    await expect(page).to_have_title(re.compile("^Dashboard"))
    machines.tell(pulse("web-1", NOON + 5, 80.0))
    await expect(fine).to_be_empty()
    await expect(page.locator("#counts button:visible")).to_have_text(["1 raised", "1 fine"])
    machines.tell(pulse("web-1", NOON + 10, 8.0))
    await expect(fine).not_to_be_empty()
    await machines.hang_up(for_good=True)
    await expect(fine).to_be_empty()


async def test_an_alert_is_pending_then_firing_then_resolved(page, machines):
    """Alert and host show the state as a word; only firing alerts count in the title."""
    row = page.locator("#alerts li")
    card = page.locator("article[data-host=web-1]")
    machines.tell_alerts(alert("web-1", "cpu", "pending"))
    await expect(row.locator(".alert-state")).to_have_text("pending")
    await expect(page.locator("#alert-count")).to_have_text("Alerts: 0 firing, 1 pending")
    await expect(card.locator(".status")).to_have_text("pending: CPU")
    await expect(card.locator("[data-figure=cpu] .level")).to_have_text("pending")
    await expect(page).to_have_title(re.compile("^Dashboard"))
    machines.tell_alerts(alert("web-1", "cpu", "firing"))
    await expect(row.locator(".alert-state")).to_have_text("firing")
    await expect(row).to_contain_text("web-1 CPU 97.1 % (threshold 90.0 %)")
    await expect(row.locator(".since")).to_have_attribute("datetime", "2027-01-15T08:00:00.000Z")
    await expect(card.locator(".status")).to_have_text("firing: CPU")
    await expect(page.locator("#hosts .name")).to_have_text(["web-1", "db-1"])
    await expect(page).to_have_title(re.compile("^1 firing · Dashboard"))
    machines.events = [alert("web-1", "cpu", "resolved", until=rfc3339(moment(NOON + 90)))]
    machines.tell_alerts(*machines.events)
    await expect(row.locator(".alert-state")).to_have_text("resolved")
    await expect(card.locator(".status")).to_be_empty()
    await expect(page).to_have_title(re.compile("^Dashboard"))
    said = "resolved: web-1, CPU 97.1 % (threshold 90.0 %)."
    await expect(page.locator("#announcements")).to_have_text(said)
    await expect(page.locator("#events li")).to_contain_text("(1 min 30 s)")


async def test_the_page_of_a_host_has_its_own_alerts_and_events(page, machines):
    """Those of others are on the wall."""
    machines.tell_alerts(alert("web-1", "cpu", "firing"), alert("db-1", "disk", "firing"))
    await expect(page.locator("#alert-count")).to_have_text("Alerts: 2 firing, 0 pending")
    machines.events = [alert("web-1", "cpu", "firing"), alert("db-1", "disk", "firing")]
    await page.locator("#alert-count").click()
    await page.locator("#alerts a", has_text="web-1").click()
    await expect(page.locator("#host .name")).to_have_text("web-1")
    await expect(page.locator("#host-alerts bdi")).to_have_text(["web-1"])
    await expect(page.locator("#events bdi")).to_have_text(["web-1"])
    await expect(page.locator("#open-alerts")).to_be_hidden()
    await page.get_by_role("link", name="All hosts").click()
    await expect(page.locator("#events bdi")).to_have_text(["web-1", "db-1"])


async def test_an_alarm_is_given_once(page, machines):
    """A new value or a new connection does not repeat it; another alert is announced."""
    await page.evaluate(HEARD)
    machines.tell_alerts(alert("web-1", "cpu", "firing"))
    await expect(page.locator("#alarms")).to_have_text("firing: web-1, CPU 97.1 % (threshold 90.0 %).")
    machines.tell_alerts(alert("web-1", "cpu", "firing", value=99.0))
    await expect(page.locator("#alerts li")).to_contain_text("CPU 99.0 %")
    await machines.hang_up()
    await expect(page.locator("#state")).to_have_attribute("data-state", "waiting")
    await page.clock.fast_forward(5_000)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    again = alert("web-1", "cpu", "firing", value=99.5)
    machines.tell_alerts(again)
    await expect(page.locator("#alerts li")).to_contain_text("CPU 99.5 %")
    machines.tell_alerts(again, alert("db-1", "fan", "firing", value=3.5, threshold=None))
    await expect(page.locator("#alarms")).to_have_text("firing: db-1, fan 3.5.")
    assert len(await page.evaluate("heard")) == 2


async def test_many_alarms_are_one_announcement(page, machines):
    """Fifty at once are a few sentences and a number, and a list that scrolls."""
    machines.tell_alerts(*(alert(f"web-{n}", "silent", "firing") for n in range(50)))
    await expect(page.locator("#alarms")).to_contain_text("firing: web-0, no pulse.")
    await expect(page.locator("#alarms")).to_contain_text("And 45 more.")
    await expect(page).to_have_title(re.compile("^50 firing"))
    await page.locator("#alert-count").click()
    await expect(page.locator("#alerts li")).to_have_count(50)
    assert await page.locator("#alerts").evaluate("(list) => list.clientHeight <= innerHeight / 2")


async def test_the_list_of_alerts_moves_nothing_and_closes_by_escape(page, machines):
    """Or by a click elsewhere. Pending alerts request no events."""
    asked = machines.asked_events
    await page.set_viewport_size({"width": 320, "height": 568})  # where room is scarcest
    machines.tell_alerts(*(alert("web-1", metric, "pending") for metric in ("cpu", "swap", "disk")))
    summary, rows = page.locator("#alert-count"), page.locator("#alerts li:visible")
    await expect(summary).to_have_text("Alerts: 0 firing, 3 pending")
    await expect(rows).to_have_count(0)
    before = await page.locator("#hosts").bounding_box()
    await summary.click()
    await expect(rows).to_have_count(3)
    assert await page.locator("#hosts").bounding_box() == before
    await page.locator("#alerts a").first.focus()
    await page.keyboard.press("Escape")
    await expect(rows).to_have_count(0)
    await expect(summary).to_be_focused()
    await summary.click()
    await page.locator("h1").click()
    await expect(rows).to_have_count(0)
    assert machines.asked_events == asked


async def test_load_is_compared_for_each_core(page, machines):
    """An alert says so, and wherever a machine's load is, the load per core stands beside it."""
    machines.tell(pulse("web-1", NOON + 5, load=[5.2, 4.0, 3.0]))
    machines.tell_alerts(alert("web-1", "load", "firing", value=2.6, threshold=2.0))
    await expect(page.locator("#alerts .what")).to_have_text("Load per core 2.60 (threshold 2.00)")
    card = page.locator("article[data-host=web-1]")
    await expect(card.locator("[data-figure=load] .value")).to_have_text("5.20, 2.60 per core")
    await card.get_by_role("link").click()
    panel = page.locator("#host .chart[data-chart=load]")
    await expect(panel.locator(".value")).to_have_text("5.20")
    await expect(panel.locator(".detail")).to_have_text("2.60 per core · 5 min 4.00, 15 min 3.00")


async def test_a_figure_over_its_threshold_is_marked_without_color(page, machines):
    """Figure, host and table have the word too; the chart shows the threshold."""
    card = page.locator("article[data-host=web-1]")
    line = card.locator(".over .line")
    cell = page.locator("#figures tr:last-child td").nth(1)
    await page.locator("#figures summary").click()
    await expect(card.locator(".threshold")).to_have_attribute("d", "M0 11.6H300")
    machines.tell(pulse("web-1", NOON + 5, 80.0))
    await expect(card.locator("[data-figure=cpu] .level")).to_have_text("raised")
    await expect(line).to_have_attribute("d", "")
    machines.tell(pulse("web-1", NOON + 10, 95.0, load=[4.0, 1.0, 1.0]))
    await expect(card.locator("[data-figure=load] .level")).to_have_text("raised")
    await expect(card.locator(".status")).to_have_text("raised: CPU, Load")
    await expect(cell).to_have_text("95.0 % raised")
    machines.tell_alerts(thresholds={})
    await expect(card.locator(".threshold")).to_have_attribute("d", "")
    await expect(card.locator(".status")).to_be_empty()
    await expect(cell).to_have_text("95.0 %")
    machines.tell_alerts(thresholds={"cpu": 50})
    await page.locator("label:has([value='300'])").click()
    await expect(line).to_have_attribute("d", re.compile("^M"))


async def test_the_events_that_were_are_shown_when_it_opens(page, machines):
    """Those that fired, the newest first, with their times; with a date if it was another day."""
    machines.events = [
        alert("web-1", "cpu", "firing", NOON - 60),
        alert("db-1", "silent", "resolved", NOON - 90_000, until=rfc3339(moment(NOON - 86_400))),
    ]
    await page.reload()
    events = page.locator("#events li")
    await expect(events.locator(".what")).to_have_text(["CPU 97.1 % (threshold 90.0 %)", "no pulse"])
    await expect(events.last.locator(".since")).to_contain_text("14")
    await expect(events.last.locator(".lasted")).to_have_text("1 h")


async def test_while_the_server_cannot_tell_what_is_alarming_the_page_says_so(page, machines):
    """It no longer says that all is fine; known alerts stay until the server knows again."""
    fine, unknown = page.locator("#all-fine"), page.locator("#unknown-alerts")
    machines.tell_alerts(alert("web-1", "cpu", "firing"), thresholds={}, current=False)
    await expect(page.locator("#alerts li")).to_contain_text("web-1")  # better than nothing
    await expect(unknown).to_be_visible()
    machines.tell_alerts(current=True)
    await expect(fine).not_to_be_empty()
    await expect(unknown).to_be_hidden()
    machines.tell_alerts(current=False)
    await expect(unknown).to_be_visible()
    await expect(fine).to_be_empty()
    await machines.hang_up(for_good=True)
    await expect(unknown).to_be_hidden()
