"""Steps of a room's visitors in a browser, and parts of the page."""

from playwright.async_api import Locator, Page, expect


async def enter(page: Page, address: str, name: str = "") -> None:
    """Open an open room's page and wait until its visitor is in, as `name` if it is given."""
    await page.goto(address)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    if name:
        await page.click("#change-name")
        await page.fill("#guest-name", name)
        await page.press("#guest-name", "Enter")
        await expect(page.locator("#your-name")).to_have_text(name)


async def say(page: Page, text: str) -> None:
    """Type `text` and send it."""
    await page.fill("#say", text)
    await page.press("#say", "Enter")


async def give_password(page: Page, password: str) -> None:
    """Enter the password on a room's page; again, if the machine was too busy to check it."""
    errors = page.locator("#password-errors")
    answer = page.locator("#send:enabled, #password-errors:not(:empty)").first
    is_unanswered = True
    while is_unanswered:
        await errors.evaluate_all("found => found.forEach((each) => each.replaceChildren())")  # earlier ones
        await page.fill("#password", password)
        await page.press("#password", "Enter")
        await answer.wait_for()
        is_unanswered = await errors.filter(has_text="cannot be checked right now").count() > 0


def messages(page: Page, status: str = "") -> Locator:
    """The texts of the messages, in order; only those of one status, if it is given."""
    return page.locator(f".message[data-status={status}] .text" if status else ".message .text")


async def scroll_to(page: Page, top: int) -> None:
    """Scroll the log; return when the page has handled it."""
    await page.locator("#log").evaluate("(log, top) => { log.scrollTop = top }", top)
    await next_frame_of_the_screen(page)


async def next_frame_of_the_screen(page: Page) -> None:
    """Return after the page's scroll events, which come with each animation frame."""
    await page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
