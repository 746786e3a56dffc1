"""The dashboard in a browser, on real servers: live figures, hosts that fall silent, alerts, and what was kept."""

import asyncio
import re

from playwright.async_api import Page, expect

from pulse.tests.sampling.fake_machines import DASH
from rtproject.tests.support.servers import PulseWorker

MEASURED = {
    "cpu": re.compile(r"^\d+\.\d %$"),
    "memory": re.compile(r"^\d+\.\d %$"),
    "load": re.compile(r"^\d+\.\d\d$"),
    "network": re.compile(r"^[\d.]+ .?i?B/s in, [\d.]+ .?i?B/s out$"),
}
ALERT_AT = """
from pulse.models import Threshold
Threshold.objects.update_or_create(metric="memory", defaults={{"threshold": {}, "margin": 0, "hold": 0}})
"""
IS_KEPT = "async () => 'web-1' in (await (await fetch('samples/?range=86400')).json()).hosts"


async def drawn(page: Page, path: str) -> str:
    """The path of the CPU's line on the page at `path`, as soon as there is one."""
    await page.goto("about:blank")
    await page.goto(path)
    line = page.locator(".panel[data-chart=cpu] .first .line").first
    await expect(line).to_have_attribute("d", re.compile("^M"))
    return await line.get_attribute("d") or ""


async def test_figures_appear_at_once_and_change_with_the_next_pulse(start_server, page):
    """Whoever opens the page sees measured figures, and newer ones a beat later, without doing anything."""
    server = start_server(PULSE_INTERVAL=1, PULSE_HOST="web-1")
    await page.goto(server.http_url("/dashboard/"))
    host = page.locator("article.host[data-host=web-1]")
    for name, words in MEASURED.items():
        await expect(host.locator(f"[data-chart={name}] .value")).to_have_text(words)
    await expect(host.locator(".cores .value").first).to_have_text(MEASURED["cpu"])
    seen = host.locator("header time")
    first = await seen.get_attribute("datetime")
    assert first is not None
    await expect(seen).not_to_have_attribute("datetime", first)
    await expect(page.locator("#no-hosts")).to_be_hidden()


async def test_hosts_appear_go_stale_and_come_back_by_themselves(valkey, new_site, start_server, page):
    """Two machines over one Valkey: the second appears on the open page, falls silent when it ends, and returns."""
    settings = {"REDIS_URL": valkey.url, "PULSE_INTERVAL": 1}
    server = start_server(site=new_site(**settings, PULSE_HOST="web-1"))
    start_server(PulseWorker, site=server.site)
    await page.goto(server.http_url("/dashboard/"))
    await expect(page.locator("article.host[data-host=web-1] [data-chart=cpu] .value")).to_have_text(
        MEASURED["cpu"]
    )
    elsewhere = new_site(**settings, PULSE_HOST="db-1", DATABASE_URL=server.site.environment["DATABASE_URL"])
    worker = start_server(PulseWorker, site=elsewhere)
    host = page.locator("article.host[data-host=db-1]")
    await expect(host.locator("[data-figure=memory] .value")).to_have_text(MEASURED["memory"])
    await worker.stop()
    await expect(host).to_have_attribute("data-status", "stale")
    await expect(host.locator(".status")).to_have_text(re.compile(r"^no pulse for \d+ s$"))
    await expect(host.locator("[data-chart=cpu] .value")).to_have_text(DASH)
    await expect(page.locator("#announcements")).to_contain_text("db-1: no pulse for")
    start_server(PulseWorker, site=elsewhere)
    await expect(host).not_to_have_attribute("data-status", "stale")
    await expect(page.locator("#announcements")).to_contain_text("db-1 is back.")


async def test_an_alert_fires_and_resolves(start_server, page):
    """A threshold that the memory is over: it is in the list, in the title, and afterwards among the events."""
    server = start_server(PULSE_INTERVAL=1, PULSE_HOST="web-1")
    await asyncio.to_thread(server.execute, ALERT_AT.format(0.01))
    await page.goto(server.http_url("/dashboard/"))
    alert = page.locator("#alerts li", has_text="Memory")
    await expect(alert).to_have_attribute("data-state", "firing")
    await expect(alert).to_contain_text("web-1")
    await expect(page).to_have_title(re.compile(r"^\d firing · Dashboard"))
    await expect(page.locator("#alarms")).to_contain_text("firing: web-1, Memory")
    await asyncio.to_thread(server.execute, ALERT_AT.format(100))
    await expect(alert).to_have_attribute("data-state", "resolved")
    event = page.locator("#events li", has_text="Memory")
    await expect(event).to_have_attribute("data-state", "resolved")
    assert await event.locator(".since").get_attribute("datetime") < await event.locator(
        ".until"
    ).get_attribute("datetime")


async def test_the_open_page_follows_a_threshold(start_server, page):
    """Another one that the admin sets is in the chart and in the words some seconds later, without a reload."""
    server = start_server(PULSE_INTERVAL=1, PULSE_HOST="web-1")
    await page.goto(server.http_url("/dashboard/"))
    panel = page.locator("#host .panel[data-chart=memory]")
    await expect(panel.locator(".threshold")).to_have_attribute("d", "M0 11.6H300")
    await asyncio.to_thread(server.execute, ALERT_AT.format(0.01))
    await expect(panel.locator(".threshold")).to_have_attribute("d", "M0 98.0H300")
    await expect(panel.locator(".level")).to_have_text("high")


async def test_an_outage_of_the_layer_is_said_and_leaves_no_hole(valkey, start_server, page):
    """The socket stays open, and the worker goes on storing: the page says what it lacks, and has it afterwards."""
    server = start_server(REDIS_URL=valkey.url, PULSE_INTERVAL=1, PULSE_HOST="web-1")
    start_server(PulseWorker, site=server.site)
    await page.goto(server.http_url("/dashboard/#range=300"))
    line = page.locator("#host .panel[data-chart=cpu] .first .line")
    await expect(line).to_have_attribute("d", re.compile("^M.*L"))
    said = page.locator("#no-pulses")
    await asyncio.to_thread(valkey.stop)
    await expect(said).to_contain_text("No pulses arrive")
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    valkey.start()
    await expect(said).to_be_empty()
    await expect(page.locator("#host")).not_to_have_attribute("data-status", "stale")
    await expect(line).to_have_attribute("d", re.compile("^M[^M]*$"))


async def test_the_page_opens_with_what_was_kept(new_site, start_server, page):
    """A machine that sends nothing any more is drawn as it was, in each of the ranges."""
    site = new_site(PULSE_EMBEDDED="off", PULSE_INTERVAL=1, PULSE_HOST="web-1")
    worker = start_server(PulseWorker, site=site)
    server = start_server(site=site)
    await page.goto(server.http_url("/dashboard/"))
    await page.wait_for_function(IS_KEPT, polling=200)
    await worker.stop()
    for seconds in (300, 3600, 86400):
        path = server.http_url(f"/dashboard/#range={seconds}&host=web-1")
        assert await drawn(page, path)
        await expect(page.locator(f"input[name=range][value='{seconds}']")).to_be_checked()
