"""The hosts on the dashboard, with machines that the test plays: they come and go."""

import re
from typing import Any

import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from pulse.tests.sampling.fake_machines import DASH, GIB, FakeMachines, alert, pulse
from pulse.tests.support import NOON


@pytest_asyncio.fixture(loop_scope="session")
async def machines(page: Page) -> FakeMachines:
    """Machines that are played; on the page it is NOON, and time passes."""
    await page.clock.install(time=NOON)
    return FakeMachines(page)


def card(page: Page, name: str) -> Locator:
    """The card or the page of a host."""
    return page.locator(f"article.host[data-host='{name}']")


def value(page: Page, name: str) -> Locator:
    """The value of a host's chart of the CPU."""
    return card(page, name).locator("[data-chart=cpu] .value")


async def settle(page: Page, machines: FakeMachines, *names: str) -> None:
    """Wait until the page takes the silence of a host for its own."""
    for beat in (1.0, 2.0, 3.0):
        await page.clock.fast_forward(10_000)
        machines.tell(*(pulse(name, NOON + 10 * beat, beat) for name in names))
        for name in names:
            await expect(value(page, name)).to_have_text(f"{beat} %")


async def test_hosts_appear_by_themselves_in_the_order_of_their_names(daphne, page, machines):
    """A number in a name counts as one; nothing that was there before is built again."""
    await machines.install()
    await page.goto(daphne.http_url("/dashboard/"))
    await expect(page.locator("#no-hosts")).to_be_visible()
    await expect(page.locator("#figures:visible, #counts button:visible")).to_have_count(0)
    machines.tell(pulse("web-10"), pulse("web-2"))
    await expect(card(page, "web-10")).to_be_visible()
    await expect(page.locator("#no-hosts")).to_be_hidden()
    await card(page, "web-10").evaluate("(card) => card.mark = true")
    machines.tell(pulse("web-1"), pulse("db-1"))
    await expect(page.locator("#hosts .name")).to_have_text(["db-1", "web-1", "web-2", "web-10"])
    assert await card(page, "web-10").evaluate("(card) => card.mark")


async def test_a_silent_host_is_the_first_and_never_frozen_at_its_last_number(daphne, page, machines):
    """It has no figures and stays on the wall, until it is back in its place."""
    await machines.install(pulse("db-1"), pulse("web-1"))
    await page.goto(daphne.http_url("/dashboard/"))
    await settle(page, machines, "web-1", "db-1")
    await page.clock.fast_forward(23_000)
    machines.tell(pulse("db-1", NOON + 53, 5.0))
    await expect(card(page, "web-1")).to_have_attribute("data-status", "silent")
    await expect(page.locator("#hosts .name")).to_have_text(["web-1", "db-1"])
    await expect(card(page, "web-1").locator(".status")).to_have_text(re.compile(r"^no pulse for 2\d s$"))
    await expect(card(page, "web-1").locator(".value")).to_have_text([DASH] * 12)
    await expect(page.locator("#announcements")).to_contain_text("web-1: no pulse for")
    await expect(page.locator("#counts button:visible")).to_have_text(["1 no pulse"])
    await expect(value(page, "db-1")).to_have_text("5.0 %")
    for seconds in range(63, 344, 10):
        await page.clock.fast_forward(10_000)
        machines.tell(pulse("db-1", NOON + seconds, 3.0))
    await expect(card(page, "web-1").locator(".status")).to_have_text(re.compile(r"^no pulse for 5 min"))
    machines.tell(pulse("web-1", NOON + 345, 4.0))
    await expect(value(page, "web-1")).to_have_text("4.0 %")
    await expect(page.locator("#hosts .name")).to_have_text(["db-1", "web-1"])
    await expect(page.locator("#announcements")).to_contain_text("web-1 is back.")


async def test_a_lost_connection_is_nobodys_silence(daphne, page, machines):
    """Old figures disappear, but no host is called silent, and what fires stays."""
    await machines.install(pulse("web-1"), pulse("db-1"))
    await page.goto(daphne.http_url("/dashboard/"))
    await settle(page, machines, "web-1", "db-1")
    machines.tell_alerts(alert("web-1", "cpu", "firing"))
    await machines.hang_up(for_good=True)
    await expect(page.locator("#state")).to_have_attribute("data-state", "waiting")
    await expect(page).to_have_title(re.compile("^not connected · "))
    await page.clock.fast_forward(600_000)
    await expect(card(page, "db-1")).to_have_attribute("data-status", "unknown")
    await expect(card(page, "web-1")).to_have_attribute("data-status", "firing")
    await expect(value(page, "db-1")).to_have_text(DASH)
    await expect(page.locator("#all-fine")).to_be_empty()
    await expect(page.locator("#announcements")).to_be_empty()


async def test_a_host_that_only_the_past_knows_opens_where_its_data_is(daphne, page, machines):
    """It is silent, the first one in every range, and its own page shows its last samples."""
    machines.kept = {"web-1": NOON - 7200, "db-1": NOON}
    await machines.install(pulse("db-1"))
    await page.goto(daphne.http_url("/dashboard/#range=300"))
    await expect(page.locator("#hosts .name")).to_have_text(["web-1", "db-1"])
    await page.goto(daphne.http_url("/dashboard/"))
    await page.reload()
    await page.locator("#hosts a").first.click()
    await expect(card(page, "web-1").locator(".status")).to_have_text(re.compile("^no pulse for 2 h"))
    await expect(page.get_by_role("radio", name="1 day")).to_be_checked()
    line = card(page, "web-1").locator(".first .line").first
    await expect(line).to_have_attribute("d", re.compile(r"^M[\d.]+ .*L2[67]\d\.\d [\d.]+h\.01$"))
    assert machines.asked[-1] == "range=86400&host=web-1"


async def test_the_wall_can_be_searched_by_name_and_state(daphne, page, machines):
    """The counts of states are searches, too; the search is in the address."""
    await machines.install(pulse("db-1"), pulse("web-1"), pulse("web-2", cpu=80.0))
    await page.goto(daphne.http_url("/dashboard/"))
    names = page.locator("#hosts .name")
    await expect(names).to_have_count(3)
    machines.tell_alerts()
    counts = page.locator("#counts button:visible")
    await expect(counts).to_have_text(["1 raised", "2 fine"])
    await page.get_by_role("searchbox").fill("web")
    await expect(names).to_have_text(["web-1", "web-2"])
    await counts.first.click()
    await expect(names).to_have_text(["web-2"])
    await page.reload()
    await expect(page.get_by_role("searchbox")).to_have_value("raised")
    await expect(names).to_have_text(["web-2"])
    await page.get_by_role("searchbox").fill("nothing")
    await expect(page.locator("#none-found")).to_be_visible()


async def test_the_clock_of_the_reader_that_is_off_is_said(daphne, page, machines):
    await machines.install(pulse("web-1"))
    machines.ahead = 90
    await page.goto(daphne.http_url("/dashboard/"))
    await expect(page.locator("#clock-off")).to_contain_text("1 min 30 s behind")
    await expect(page.locator("#time-zone")).to_have_text(re.compile("^Time zone: ."))
    machines.ahead = 0
    await page.reload()
    await expect(page.locator("#hosts, #host").locator("visible=true").first).to_be_visible()
    await expect(page.locator("#clock-off")).to_be_empty()


async def test_the_only_host_has_the_page_for_itself(daphne, page, machines):
    """A wall of one card would be a waste; with the second host it is a wall."""
    await machines.install(pulse("web-1", cpu=40.0, cores=[60.0, 20.0]))
    await page.goto(daphne.http_url("/dashboard/"))
    host = card(page, "web-1")
    labels = ["CPU", "Memory", "Swap", "Disk", "Load", "Network", "Inodes", "Disk read", "Disk written"]
    await expect(host.locator(".chart .label")).to_have_text(labels)
    await expect(host.locator(".cores .value")).to_have_text(["60.0 %", "20.0 %"])
    await expect(host.locator("[data-chart=memory] .detail")).to_have_text("4.0 GiB of 8.0 GiB")
    await expect(host.locator("[data-chart=swap] .detail")).to_have_text("none")
    await expect(host.locator("[data-chart=network] .value")).to_have_text("1.0 MiB/s in, 2.0 KiB/s out")
    await expect(host.locator(".uptime")).to_have_text("· up for 3 d 3 h")
    machines.tell(pulse("db-1"))
    await expect(page.locator("#hosts article")).to_have_count(2)
    await expect(page.locator("#host")).to_be_hidden()


async def test_what_was_not_measured_is_a_dash_and_a_wrong_clock_is_named(daphne, page, machines):
    missing: Any = dict.fromkeys(("cores", "memory", "load", "network"))
    disk = {"percent": 25.0, "used": GIB, "total": 5 * GIB, "available": 3 * GIB}
    hanging = {"mount": "/nfs", "percent": None, "available": None, "total": None}
    disks = [{"mount": "/", "percent": 25.0, "available": 3 * GIB, "total": 5 * GIB}, hanging]
    figures: Any = {"disk": disk, "disks": disks, "steal": 4.0}
    await machines.install(pulse("web-1", **missing, **figures, clock=-90.0, conflict=True))
    await page.goto(daphne.http_url("/dashboard/"))
    host = card(page, "web-1")
    for chart in ("memory", "load"):
        await expect(host.locator(f"[data-chart={chart}] .value")).to_have_text(DASH)
    await expect(host.locator("[data-chart=network] .value")).to_have_text(f"{DASH} in, {DASH} out")
    await expect(host.locator("[data-chart=cpu] .detail")).to_have_text(f"cores: {DASH} · 4.0 % stolen")
    await expect(host.locator("[data-chart=disk] .detail")).to_have_text("1.0 GiB of 4.0 GiB")
    space = ["25.0 % used, 3.0 GiB free", f"{DASH} used, {DASH} free"]
    await expect(host.locator(".disks .value")).to_have_text(space)
    words = "another machine posts under this name, and is refused · its clock is 1 min 30 s behind"
    await expect(host.locator(".status")).to_have_text(words)


async def test_a_host_has_a_page_of_its_own_and_a_way_back(daphne, page, machines):
    """Focus, back button and reload work; markup and spaces in a name stay text."""
    name = "<img src=x onerror=alert(1)>{count}"
    await machines.install(pulse(name), pulse("web-1"))
    await page.goto(daphne.http_url("/dashboard/#host=web-9"))
    await expect(page.locator("#unknown-host")).to_contain_text("web-9 is unknown")
    await page.get_by_role("link", name="All hosts").click()
    await expect(page.locator("#hosts .name")).to_have_text([name, "web-1"])
    await page.locator("#hosts a").first.click()
    await expect(page.locator("#host h2")).to_be_focused()
    await expect(page.locator("#hosts article")).to_have_count(0)
    await page.reload()
    await expect(page.locator("#host .name")).to_have_text(name)
    await expect(page.locator("main img")).to_have_count(0)
    await page.get_by_role("link", name="All hosts").click()
    await expect(page.locator("#hosts article")).to_have_count(2)
    await expect(page.locator("#hosts a").first).to_be_focused()
    await page.go_back()
    await expect(page.locator("#host .name")).to_have_text(name)


async def test_what_is_no_pulse_changes_nothing(daphne, page, machines):
    """Unknown types, half a frame, and text that is not JSON are not drawn and break nothing."""
    await machines.install(pulse("web-1"))
    await page.goto(daphne.http_url("/dashboard/"))
    await expect(value(page, "web-1")).to_have_text("12.5 %")
    machines.tell({"type": "weather"}, {"type": "pulse"}, pulse("web-2") | {"cpu": None}, {"type": "alerts"})
    machines.tell_text("{", "null", "[]", "7")
    bare = {"type": "pulse", "host": "web-1", "at": pulse("web-1", NOON + 5)["at"], "seq": 1, "interval": 5}
    machines.tell(bare | {"cpu": 77.0})
    await expect(value(page, "web-1")).to_have_text("77.0 %")
    await expect(card(page, "web-1").locator("[data-chart=memory] .value")).to_have_text(DASH)
