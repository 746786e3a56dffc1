"""`make screenshots`: a picture of every page."""

import asyncio
import struct

import pytest

from rtproject.tests.support import screenshots
from rtproject.tests.support.screenshots import PAGES, WIDTHS, running_site, take_look


def size(picture):
    """Width and height of a PNG, from its header."""
    head = picture.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    return struct.unpack(">II", head[16:])


async def test_every_page_has_its_picture(browser, tmp_path):
    """On a phone in the dark; each is as wide as the phone, and as high at least."""
    (tmp_path / "site").mkdir()
    async with running_site(tmp_path / "site") as server:
        await take_look(browser, server.http_url(), tmp_path, 390, "dark")
    pictures = {picture.name: size(picture) for picture in tmp_path.glob("*.png")}
    assert set(pictures) == {f"{name}-390-dark.png" for name in PAGES}
    assert all(width == 390 and height >= WIDTHS[390] for width, height in pictures.values())


def test_without_a_chromium_it_says_so(monkeypatch, tmp_path):
    """In one sentence, with an exit code that a script notices."""
    monkeypatch.setattr(screenshots, "find_chromium", lambda: None)
    with pytest.raises(SystemExit, match="There is no Chromium here"):
        asyncio.run(screenshots.take_all(tmp_path))
