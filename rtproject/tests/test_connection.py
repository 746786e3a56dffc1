"""What pages say about their connection: the words that come with them, and the line that shows them."""

import json
import re

import pytest
from django.test import Client
from django.utils import translation
from playwright.async_api import Page, expect

from rtproject.templatetags.connection import WORDS, connection_words
from rtproject.websocket.close_codes import CloseCode

# A state line on a page of ours, and what moves it: `show(change)`.
STATE_LINE = """
import("/static/rtproject/status.js").then(({ StatusLine }) => {
    document.getElementById("content").innerHTML =
        '<p id="state" role="status"></p><span id="next-try"></span><button id="reopen" hidden></button>';
    const line = new StatusLine();
    globalThis.show = (change) => line.show(change);
})
"""


def sent(html: str) -> dict:
    """The data in the page for `status.js`."""
    found = re.search(r'<script id="connection" type="application/json">(.*?)</script>', html)
    assert found is not None
    return json.loads(found[1])


@pytest.mark.django_db
def test_every_page_brings_the_words_for_its_connection(client: Client) -> None:
    """All sentences, and all close codes with what they mean."""
    brought = sent(client.get("/").content.decode())
    assert brought["words"] == WORDS
    assert [entry["code"] for entry in brought["codes"]] == list(CloseCode)


def test_they_come_in_the_language_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of them was fixed when the module was loaded."""
    monkeypatch.setattr(translation._trans, "gettext", "»{}«".format)  # type: ignore[attr-defined]
    brought = sent(connection_words())
    said = [*brought["words"].values(), *(entry["meaning"] for entry in brought["codes"])]
    assert len(said) == len(WORDS) + len(CloseCode)
    assert all(sentence.startswith("»") for sentence in said)


async def state_line(page: Page, home: str) -> None:
    """Opens a page with a state line, whose clock the test winds."""
    await page.clock.install()
    nothing = {"body": "", "content_type": "text/javascript"}
    await page.route(
        "**/home.js", lambda route: route.fulfill(**nothing)
    )  # it would miss what is replaced here
    await page.goto(home)
    await page.evaluate(STATE_LINE)


async def test_the_time_to_the_next_try_is_counted_down(daphne, page):
    """Second by second, outside of what a screen reader is told at once, until it is over."""
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


async def test_a_close_code_says_what_it_means(daphne, page):
    """Ours by the server's table, a restart by either code, and everything else as a lost connection."""
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
