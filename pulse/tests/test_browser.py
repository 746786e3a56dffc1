"""The dashboard in a browser: live figures, and hosts that have gone silent."""

import re

from playwright.async_api import expect

from rtproject.tests.support.servers import PulseWorker

MEASURED = {
    "cpu": re.compile(r"^\d+\.\d %$"),
    "cores": re.compile(r"^[1-9]\d*$"),
    "memory": re.compile(r"^\d+ %, [\d.]+ .?i?B of [\d.]+ .iB$"),
    "load": re.compile(r"^\d+\.\d\d +\d+\.\d\d +\d+\.\d\d$"),
}


async def test_figures_appear_at_once_and_change_with_the_next_pulse(start_server, page):
    """Whoever opens the page sees measured figures, and newer ones a beat later, without doing anything."""
    server = start_server(PULSE_INTERVAL=1, PULSE_HOST="web-1")
    await page.goto(server.http_url("/dashboard/"))
    host = page.locator("article.host[data-host=web-1]")
    for name, words in MEASURED.items():
        await expect(host.locator(f"[data-figure={name}]")).to_have_text(words)
    seen = host.locator(".seen time")
    first = await seen.get_attribute("datetime")
    assert first is not None
    await expect(seen).not_to_have_attribute("datetime", first)
    await expect(page.locator("#no-hosts")).to_be_hidden()


async def test_a_host_whose_worker_stopped_goes_stale_and_comes_back(valkey, start_server, page):
    """A host without pulses is marked as such and announced, until its worker is started again."""
    settings = {"REDIS_URL": valkey.url, "PULSE_INTERVAL": 1, "PULSE_HOST": "db-1"}
    server = start_server(**settings)
    worker = start_server(PulseWorker, site=server.site)
    await page.goto(server.http_url("/dashboard/"))
    host = page.locator("article.host[data-host=db-1]")
    await expect(host.locator("[data-figure=cpu]")).to_have_text(MEASURED["cpu"], timeout=20_000)
    await expect(host).not_to_have_attribute("data-stale", "")
    await worker.stop()
    await expect(host).to_have_attribute("data-stale", "", timeout=20_000)
    await expect(host.locator(".silence")).to_contain_text("no pulse for")
    await expect(page.locator("#announcements")).to_contain_text("db-1: no pulse for")
    start_server(PulseWorker, site=server.site)
    await expect(host).not_to_have_attribute("data-stale", "", timeout=20_000)
    await expect(page.locator("#announcements")).to_have_text("db-1 is back.")
