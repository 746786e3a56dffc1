"""The rooms in a browser: finding one, and talking in it."""

from playwright.async_api import Page, expect

from rtproject.tests.support.browser import SMALL_JITTER
from rtproject.tests.support.servers import Daphne

# The code that a connection is closed with, and how many messages came before.
KNOCK = """([path, protocols]) => new Promise((resolve) => {
    const socket = new WebSocket(path, protocols);
    let messages = 0;
    socket.onmessage = () => { messages += 1 };
    socket.onclose = ({ code }) => resolve([code, messages]);
})"""


async def enter(page: Page, address: str, name: str = "") -> None:
    """Opens an open room's page and waits until its visitor is in, as `name` if there is one."""
    await page.goto(address)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")
    if name:
        await page.click("#change-name")
        await page.fill("#guest-name", name)
        await page.press("#guest-name", "Enter")
        await expect(page.locator("#your-name")).to_have_text(name)


async def say(page: Page, text: str) -> None:
    """Types `text` and sends it."""
    await page.fill("#say", text)
    await page.press("#say", "Enter")


async def test_the_list_tells_guarded_rooms_from_open_ones(daphne, page):
    """Each demo room says whether it needs a password, and leads to its page."""
    await page.goto(daphne.http_url("/rooms/"))
    await expect(page.locator("[data-room=VIP] .tag")).to_have_text("needs a password")
    await expect(page.locator("[data-room=lobby] .tag")).to_have_text("open")
    await page.click("[data-room=lobby] a")
    await expect(page.locator("#room")).to_have_attribute("data-room", "lobby")


async def test_a_room_is_opened_by_its_name(daphne, page):
    """A name that is in no list leads to a room; one that no room can have is refused in words."""
    await page.goto(daphne.http_url("/rooms/"))
    await page.locator("#open-form").evaluate("form => { form.noValidate = true }")
    await page.fill("#open-name", "no room")
    await page.press("#open-name", "Enter")
    await expect(page.locator("#open-error")).to_have_text("No room can have this name.")
    await page.fill("#open-name", "tea_time-2")
    await page.click("#open-room")
    await expect(page.locator("#room-title")).to_have_text("tea_time-2")
    await expect(page.locator("#state")).to_have_attribute("data-state", "open")


async def test_two_visitors_talk_and_markup_stays_text(daphne, pages):
    """Each sees the other's name and text exactly as typed, and their own message confirmed."""
    ann, bob = await pages.new(), await pages.new()
    await enter(ann, daphne.http_url("/rooms/two/"), "<i>Ann</i>")
    await enter(bob, daphne.http_url("/rooms/TWO/"), "Bob")
    text = "<b>hello</b> & <script>alert(1)</script>"
    await say(ann, text)
    heard = bob.locator(".message")
    await expect(heard.locator(".text")).to_have_text(text)
    await expect(heard.locator(".from")).to_have_text("<i>Ann</i>")
    await expect(ann.locator(".message.own[data-status=sent] .text")).to_have_text(text)
    await say(bob, "hello yourself")
    await expect(ann.locator(".message:not(.own) .text")).to_have_text("hello yourself")
    await expect(ann.locator(".message:not(.own) .from")).to_have_text("Bob")


async def test_a_name_that_cannot_be_used_is_refused_in_words(daphne, page):
    """The visitor stays who they were, and can choose another one; the way to it and back is by keyboard."""
    await enter(page, daphne.http_url("/rooms/names/"))
    for name, words in (("\u202eAnn", "This name cannot be used here."), ("Ann", "")):
        await page.locator("#change-name").press("Enter")
        await expect(page.locator("#guest-name")).to_be_focused()
        await page.fill("#guest-name", name)
        await page.keyboard.press("Enter")
        await expect(page.locator("#say-error")).to_have_text(words)
        await expect(page.locator("#guest-name")).to_be_hidden()
        await expect(page.locator("#say")).to_be_focused()
    await expect(page.locator("#your-name")).to_have_text("Ann")


async def test_a_message_that_is_refused_can_be_taken_back(daphne, page):
    """A text that is too long is marked as not sent, the limit is said, and it goes back into the input."""
    await enter(page, daphne.http_url("/rooms/long/"))
    await say(page, "x" * 4097)
    await expect(page.locator(".message[data-status=refused] .status")).to_have_text("not sent")
    await expect(page.locator("#say-error")).to_contain_text("too long: at most 4096 characters")
    await expect(page.locator(".again")).to_be_hidden()
    await page.click(".take-back")
    await expect(page.locator("#say")).to_have_value("x" * 4097)
    await expect(page.locator(".message")).to_have_count(0)


async def test_a_long_word_and_a_long_name_fit_a_phone(daphne, pages):
    """What visitors say never makes the page wider than the screen."""
    phone = await pages.new(viewport={"width": 320, "height": 640})
    await enter(phone, daphne.http_url("/rooms/wide/"), "W" * 32)
    await say(phone, "W" * 500)
    await expect(phone.locator(".message[data-status=sent]")).to_be_visible()
    assert await phone.evaluate("() => document.documentElement.scrollWidth") == 320


async def test_the_page_comes_back_by_itself_after_a_restart(start_server, pages):
    """When the server restarts the page says that it lost it, takes messages, and sends them when it is there again."""
    page = await pages.new()
    await page.add_init_script(SMALL_JITTER)
    server = start_server()
    await enter(page, server.http_url("/rooms/lobby/"))
    await server.stop()
    await expect(page.locator("#state")).to_have_attribute("data-state", "waiting")
    await say(page, "is anybody here?")
    start_server(Daphne, "-e", f"tcp:port={server.port}:interface=127.0.0.1", site=server.site)
    await expect(page.locator("#state")).to_have_attribute("data-state", "open", timeout=20_000)
    await say(page, "still here")
    sent = page.locator(".message[data-status=sent] .text")
    await expect(sent).to_have_text(["is anybody here?", "still here"])
    told = await pages.settled_problems()
    pages.problems = [problem for problem in told if "WebSocket connection to" not in problem]


async def test_a_browser_is_told_why_it_may_not_come_in(daphne, page):
    """The close codes of a refusal reach a script in a page, whether it offers subprotocols or not."""
    await page.goto(daphne.http_url("/"))
    for protocols in ([], ["unknown", "rtproject.v1"]):
        assert await page.evaluate(KNOCK, ["/ws/VIP?pass=wrong", protocols]) == [4003, 0]
        assert await page.evaluate(KNOCK, ["/ws/VIP", protocols]) == [4003, 0]
        assert await page.evaluate(KNOCK, ["/nowhere", protocols]) == [4004, 0]
