"""`links.js`: addresses become links, and nothing that anybody writes becomes anything else."""

from typing import Any

import pytest
import pytest_asyncio

from rtproject.tests.support.modules import Run, script_runner

SETTING = """
const { withLinks } = await import("/static/rooms/links.js");
const shown = (text) => {
    const element = document.createElement("p");
    element.append(...withLinks(text));
    const made = [...element.querySelectorAll("*")];
    return [element.textContent, made.map(({ tagName, textContent, href }) => [tagName, textContent, href])];
};
"""
HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "javascript:alert(1)",
    "JAVASCRIPT://example.org/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "vbscript:msgbox",
    "ftp://example.org/",
    "xhttp://example.org/",
    "http:/example.org",
    "http://",
    "https://?",
    "http://[",
    "http://exa mple.org".replace(" ", "%"),
    "https://user@example.org/",
    "https://www.example.org:secret@example.com/",
    "http://example.org:99999/",
    "http://\u202eexample.org",
    "\x00\u202e\u2066\u200b\ufeff",
    "\ud83d",
]


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with `withLinks`."""
    return await script_runner(page, daphne.http_url("/"), SETTING)


async def links(run: Run, text: str) -> list[list[Any]]:
    """The text and the target of each link; everything else stays text, exactly as it was."""
    text_shown, found = await run(f"return shown({text!r})")
    assert text_shown == text
    assert all(tag == "A" for tag, _, _ in found)
    return [[words, target] for _, words, target in found]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("See https://example.org/a?b=c&d=e#f today", "https://example.org/a?b=c&d=e#f"),
        ("Is it http://example.org?", "http://example.org"),
        ("It is (https://example.org/).", "https://example.org/"),
        ("https://example.org/Set_(mathematics)", "https://example.org/Set_(mathematics)"),
        ("(see https://example.org/Set_(mathematics))", "https://example.org/Set_(mathematics)"),
        ("'https://example.org/',", "https://example.org/"),
        ("<https://example.org/>", "https://example.org/"),
        ("“https://example.org/…”", "https://example.org/"),
        ("**https://example.org/path**", "https://example.org/path"),
        ("HTTPS://EXAMPLE.ORG/Path", "HTTPS://EXAMPLE.ORG/Path"),
        ("see:https://example.org/!!!", "https://example.org/"),
        ("https://example.org/日本語。", "https://example.org/日本語"),
        ("https://例え.jp/", "https://例え.jp/"),
        ("http://127.0.0.1:8000/rooms/", "http://127.0.0.1:8000/rooms/"),
    ],
)
async def test_an_address_is_a_link_without_what_belongs_to_the_sentence(run, text, address):
    """Punctuation and brackets around it stay text; brackets that belong to it do not."""
    assert [words for words, _ in await links(run, text)] == [address]


async def test_several_addresses_are_several_links(run):
    """With what is between them as text, line breaks too."""
    found = await links(run, "http://a.example and\nhttps://b.example/x, http://c.example.")
    assert [target for _, target in found] == [
        "http://a.example/",
        "https://b.example/x",
        "http://c.example/",
    ]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
async def test_whatever_else_it_is_stays_text(run, text):
    """No markup, no other scheme, no name that makes a server look like another one."""
    text_shown, found = await run(f"return shown({_js(text)})")
    assert found == []
    assert text_shown == text or text == "\ud83d"  # a lone surrogate does not come through unchanged


async def test_markup_in_an_address_is_a_part_of_it_or_text(run):
    """Quotes and angle brackets end an address, and nothing is ever parsed."""
    assert await links(run, 'https://example.org/"onmouseover="alert(1)') == [
        ["https://example.org/", "https://example.org/"]
    ]
    assert await links(run, "https://example.org/<b>x</b>") == [
        ["https://example.org/", "https://example.org/"]
    ]


async def test_invisible_characters_end_an_address(run):
    """Those that turn the direction of text would make another address of it for the eye."""
    assert await links(run, "https://example.org/\u202egpj.exe") == [
        ["https://example.org/", "https://example.org/"]
    ]
    assert await links(run, "https://example.org\u200b.evil.example/") == [
        ["https://example.org", "https://example.org/"]
    ]


async def test_letters_that_look_like_others_are_told_apart(run):
    """The text stays as it was written; where it leads to is in the link's title, as the network knows it."""
    assert await run("""
        const [link] = withLinks("https://\\u0430pple.com/");
        const [plain] = withLinks("https://apple.com/");
        return [link.textContent, link.title, plain.title];
    """) == ["https://\u0430pple.com/", "https://xn--pple-43d.com/", ""]


async def test_a_link_opens_beside_the_room_and_tells_nothing_of_it(run):
    """The other page can neither reach this one nor learn where its visitor came from."""
    assert await run("""
        const [{ rel, target }] = withLinks("https://example.org/");
        return [rel, target];
    """) == ["noopener noreferrer nofollow", "_blank"]


async def test_a_long_text_of_half_addresses_is_read_in_one_go(run):
    """Whatever is repeated, as often as a message may be long, comes out as it was."""
    for part in ("http://", "https://a.b/(", "https://a.b/" + ")" * 40, "((((", "http://a.b/]"):
        text = (part * 4096)[:4096]
        assert (await run(f"return shown({text!r})"))[0] == text


def _js(text: str) -> str:
    units = text.encode("utf-16-le", "surrogatepass")
    return '"' + "".join(f"\\u{units[i] | units[i + 1] << 8:04x}" for i in range(0, len(units), 2)) + '"'
