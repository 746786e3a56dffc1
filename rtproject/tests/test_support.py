"""The helpers of the tests fail when they should."""

import pytest

from rtproject.tests.support.running import RUNNING
from rtproject.tests.support.servers import Daphne

CAUSE_PROBLEMS = """() => {
    console.error("complaint");
    document.body.append(Object.assign(new Image(), {src: "http://elsewhere.test/"}));
    setTimeout(() => { document.body.setAttribute("style", "color: red") });
    setTimeout(() => { throw new Error("broken") });
}"""


def test_a_server_that_cannot_start_shows_its_log(new_site):
    """No process of it is left."""
    running = set(RUNNING)
    with pytest.raises(AssertionError, match="PULSE_INTERVAL must be"):
        Daphne(new_site(PULSE_INTERVAL="often"))
    assert running == RUNNING


def test_a_log_line_that_never_comes_is_an_error_that_shows_the_log(daphne):
    with pytest.raises(AssertionError, match="Listening on TCP"):
        daphne.expect_log("never written", timeout=0.01)


async def test_problems_of_pages_are_noticed(daphne, pages):
    page = await pages.new()
    await page.goto(daphne.http_url("/"))
    async with page.expect_event("console", lambda message: "style-src" in message.text):
        await page.evaluate(CAUSE_PROBLEMS)
    problems = "\n".join(await pages.settled_problems())
    pages.problems.clear()
    assert "JavaScript: broken" in problems
    assert "console: complaint" in problems
    assert "request to elsewhere: http://elsewhere.test/" in problems
    assert "Content-Security-Policy: img-src forbids http://elsewhere.test/" in problems
