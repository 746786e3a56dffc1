"""The look of a room, as docs/design.md has it: people, bubbles, times, and what each screen is used for."""

from playwright.async_api import Page, expect

from rooms.tests.browser import messages
from rooms.tests.played_room import BOB, YOU, PlayedRoom, person

HUES = "items => items.map(item => item.dataset.hue)"
BOXES = "items => items.map(item => item.getBoundingClientRect().toJSON())"
# The relative luminance of a background, as WCAG has it.
LUMINANCE = """item => {
    const [red, green, blue] = getComputedStyle(item).backgroundColor.match(/[\\d.]+/g).map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}"""


async def talk(page: Page, home: str) -> PlayedRoom:
    """A room where Bob and the reader have said something, and ten more listen."""
    room = PlayedRoom(members=[YOU, BOB, *map(person, range(10))], count=12)
    await room.enter(page, home)
    room.tell(room.message("one"), room.message("two " * 100), room.message("three", YOU))
    await expect(messages(page)).to_have_count(3)
    return room


async def test_people_look_the_same_everywhere_and_unlike_each_other(daphne, page):
    """A member's color is that of their messages; no two who are present have the same one."""
    await talk(page, daphne.http_url())
    people = page.locator("#member-list > li")
    await expect(people).to_have_count(12)
    assert len(set(await people.evaluate_all(HUES))) == 12
    bob = await people.filter(has_text="Bob").get_attribute("data-hue")
    assert await page.locator(".message:not(.own) .meta").evaluate_all(HUES) == [bob, bob]


async def test_own_messages_differ_clearly_and_a_time_takes_no_line(daphne, page):
    """A message is as high as its text, however long it is."""
    await talk(page, daphne.http_url())
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        other, own = [
            await page.locator(f".message{kind} .bubble").first.evaluate(LUMINANCE)
            for kind in (":not(.own)", ".own")
        ]
        assert (max(other, own) + 0.05) / (min(other, own) + 0.05) > 2
    text, bubble = [
        await page.locator(f".message.continued {part}").bounding_box() for part in (".text", ".bubble")
    ]
    assert bubble["height"] - text["height"] < 20  # pixels, its padding


async def test_the_screen_is_for_the_messages(daphne, pages):
    """Of a phone's height, and of a desk's width."""
    for width, height, side, share in ((390, 844, "height", 0.82), (1440, 900, "width", 0.75)):
        page = await pages.new(viewport={"width": width, "height": height})
        await talk(page, daphne.http_url())
        box = await page.locator("#log").bounding_box()
        assert box[side] > share * {"width": width, "height": height}[side]


async def test_on_paper_stands_the_conversation_alone(daphne, page):
    """All of it that the page holds, with each time, and nothing that can be pressed."""
    room = await talk(page, daphne.http_url())
    room.tell(*(room.message() for _ in range(60)))
    await expect(messages(page)).to_have_count(63)
    await page.emulate_media(media="print")
    for control in ("#say-form", ".top", "#members", ".who"):
        await expect(page.locator(control)).to_be_hidden()
    boxes = await page.locator(".message").evaluate_all(BOXES)
    log = await page.locator("#log").bounding_box()
    assert boxes[0]["top"] >= log["y"]
    assert boxes[-1]["bottom"] <= log["y"] + log["height"]
    opacities = await page.locator(".foot").evaluate_all(
        "items => items.map(item => getComputedStyle(item).opacity)"
    )
    assert set(opacities) == {"1"}
