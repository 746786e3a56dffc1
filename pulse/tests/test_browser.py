"""The dashboard in a browser, on real servers: live figures, a failure, and alerts."""

import asyncio
import re

from playwright.async_api import expect

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


async def test_figures_appear_at_once_and_change_with_the_next_pulse(start_server, page):
    """A visitor sees measured figures, and newer ones an interval later, without any action."""
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


async def test_an_alert_fires_and_resolves(start_server, page):
    """Chart, list and title of the open page show it, and afterwards the events do."""
    server = start_server(PULSE_INTERVAL=1, PULSE_HOST="web-1")
    await page.goto(server.http_url("/dashboard/"))
    panel = page.locator("#host .chart[data-chart=memory]")
    await expect(panel.locator(".threshold")).to_have_attribute("d", "M0 11.6H300")
    await asyncio.to_thread(server.execute, ALERT_AT.format(0.01))
    await expect(panel.locator(".threshold")).to_have_attribute("d", "M0 98.0H300")
    await expect(panel.locator(".level")).to_have_text("firing")
    alert = page.locator("#host-alerts li", has_text="Memory")
    await expect(alert).to_have_attribute("data-state", "firing")
    await expect(alert).to_contain_text("web-1")
    await expect(page).to_have_title(re.compile(r"^\d firing · Dashboard"))
    await expect(page.locator("#alarms")).to_contain_text("firing: web-1, Memory")
    await asyncio.to_thread(server.execute, ALERT_AT.format(100))
    await expect(alert).to_have_attribute("data-state", "resolved")
    await expect(page.locator("#events li", has_text="Memory")).to_have_attribute("data-state", "resolved")


async def test_an_outage_of_the_layer_is_said_and_leaves_no_hole(valkey, start_server, page):
    """The page says that pulses are missing, and gets them from the store afterwards."""
    server = start_server(REDIS_URL=valkey.url, PULSE_INTERVAL=1, PULSE_HOST="web-1")
    start_server(PulseWorker, site=server.site)
    await page.goto(server.http_url("/dashboard/#range=300"))
    line = page.locator("#host .chart[data-chart=cpu] .first .line")
    await expect(line).to_have_attribute("d", re.compile("^M.*L"))
    said = page.locator("#no-pulses")
    await asyncio.to_thread(valkey.stop)
    await expect(said).to_contain_text("No pulses arrive")
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    valkey.start()
    await expect(said).to_be_empty()
    await expect(page.locator("#host")).not_to_have_attribute("data-status", "silent")
    await expect(line).to_have_attribute("d", re.compile("^M[^M]*$"))
    await asyncio.to_thread(valkey.stop)
    await page.reload()  # kept samples are drawn, also when no pulse comes
    await expect(line).to_have_attribute("d", re.compile("^M.*L"))
