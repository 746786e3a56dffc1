"""The line on a page that shows the state of its connection."""

from playwright.async_api import Page, expect

# A state line on a page of ours; `show(change)` changes it.
STATE_LINE = """
import("/static/rtproject/status.js").then(({ StatusLine }) => {
    document.getElementById("content").innerHTML =
        '<p id="state" role="status"></p><span id="next-try"></span><button id="reopen" hidden></button>';
    const line = new StatusLine();
    globalThis.show = (change) => line.show(change);
})
"""


async def state_line(page: Page, home: str) -> None:
    """Open a page with a state line, whose clock the test moves."""
    await page.clock.install()
    nothing = {"body": "", "content_type": "text/javascript"}
    await page.route("**/home.js", lambda route: route.fulfill(**nothing))  # it needs the replaced elements
    await page.goto(home)
    await page.evaluate(STATE_LINE)


async def test_the_time_to_the_next_try_is_counted_down(daphne, page):
    """It changes each second, outside of the live region of screen readers."""
    await state_line(page, daphne.http_url("/"))
    await page.clock.pause_at(4_000_000_000_000)
    await page.evaluate("show({ state: 'waiting', code: 1006, until: Date.now() + 12_000 })")
    await expect(page.locator("#state")).to_have_text("The connection was lost.")
    await expect(page.locator("#reopen")).to_be_visible()
    for passed, words in (
        (0, "in 12 seconds"),
        (10_000, "in 2 seconds"),
        (1000, "in 1 second"),
        (3000, "now"),
    ):
        await page.clock.run_for(passed)
        await expect(page.locator("#next-try")).to_have_text(f"Trying again {words}.")
    await page.evaluate("show({ state: 'open' })")
    await expect(page.locator("#state")).to_have_text("Connected.")
    await expect(page.locator("#next-try")).to_be_empty()
    await expect(page.locator("#reopen")).to_be_hidden()


async def test_a_close_code_shows_its_meaning(daphne, page):
    """Our codes have their meaning, two codes mean a restart, others a lost connection."""
    await state_line(page, daphne.http_url("/"))
    for state, code, words in (
        ("closed", 4008, "An admin disconnected this member or this room."),
        ("waiting", 4104, "An admin closed the room to newcomers."),
        ("waiting", 1012, "The server is restarting."),
        ("waiting", 1001, "The server is restarting."),
        ("waiting", 4299, "The connection was lost."),
        ("closed", 1000, "Disconnected."),
        ("connecting", None, "Connecting…"),
    ):
        await page.evaluate(
            "([state, code]) => show({ state, code: code ?? undefined, until: 0 })", [state, code]
        )
        await expect(page.locator("#state")).to_have_text(words)
        await expect(page.locator("#state")).to_have_attribute("data-state", state)
