"""What a room answers to what it cannot obey, and to too much."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from rooms import consumers
from rooms import posting as speech
from rooms.tests.support import APPLICATIONS, entered
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.throttling.rates import Rate

pytestmark = pytest.mark.django_db(transaction=True)

everywhere = pytest.mark.parametrize("application", APPLICATIONS)


def error(code: str, frame: dict[str, Any]) -> bool:
    """Whether `frame` is an error of this code, with a sentence."""
    return frame["type"] == "error" and frame["code"] == code and len(frame["detail"]) > 10


class TestErrors:
    BAD = {
        "invalid JSON": "{",
        "unknown type": {"type": "shout", "id": "7"},
        "missing field": {"type": "say", "id": "7"},
        "wrong type": {"type": "say", "text": 1, "id": "7"},
        "blank": {"type": "say", "text": " \n", "id": "7"},
        "NUL": {"type": "say", "text": "a\0", "id": "7"},
        "lone surrogate": '{"type": "say", "text": "\\ud800"}',
        "nothing": "",
        "too deep": '{"x":' + "[" * 100_000,
        "a million bytes of JSON": '{"type": "say", "text": 1, "x": "' + "x" * 999_960 + '"}',
    }

    @everywhere
    @pytest.mark.parametrize("frame", BAD.values(), ids=BAD.keys())
    async def test_a_bad_frame_is_an_error_and_nothing_else(
        self, application: str, frame: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The sender is told and stays, the others hear nothing, and no traceback is logged."""
        async with entered("lobby", application) as ada, entered("lobby", application) as bob:
            answer = await ada.ask(frame)
            assert error("bad_frame", answer)
            assert answer.get("id") == (frame["id"] if isinstance(frame, dict) else None)
            assert await ada.still_here()
            assert await bob.still_here()
        assert not [record for record in caplog.records if record.exc_info or record.levelname == "ERROR"]

    async def test_bytes_are_an_error(self) -> None:
        """Also empty ones."""
        async with entered("lobby") as client:
            for data in (b"", b"\xff\0", b'{"type": "ping"}'):
                await client.put(data=data)
                assert error("bad_frame", await client.next())

    async def test_a_text_may_have_so_many_characters(self, settings: Settings) -> None:
        """ROOMS_MAX_TEXT counts characters, not bytes."""
        settings.ROOMS_MAX_TEXT = 3
        async with entered("lobby") as client:
            assert (await client.ask("🦊🦊🦊"))["text"] == "🦊🦊🦊"
            answer = await client.ask({"type": "say", "text": "four", "id": "7"})
            assert error("too_long", answer)
            assert answer["id"] == "7"
            assert error("too_long", await client.ask("x" * 1_000_000))

    async def test_without_the_layer_nobody_sees_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The sender is told with the `id`, and may say it again later."""

        async def fail(group: str, text: str, **tags: str) -> None:
            raise LayerUnavailable("no layer")

        frame = {"type": "say", "text": "hi", "id": "7"}
        async with entered("lobby") as client:
            with monkeypatch.context() as patch:
                patch.setattr(speech, "broadcast", fail)
                answer = await client.ask(frame)
            assert error("unavailable", answer)
            assert answer["id"] == "7"
            assert (await client.ask(frame))["type"] == "message"

    async def test_history_of_a_room_that_keeps_none_is_empty(self) -> None:
        """The frame is understood all the same."""
        async with entered("lobby") as client:
            answer = await client.ask({"type": "history", "before": 5, "limit": 10})
        assert answer == {"type": "history", "messages": [], "more": False}


class TestRate:
    async def test_beyond_the_rate_a_message_has_no_effect(self, settings: Settings) -> None:
        """A burst of as many is let through; what is not a message, and others, are not limited."""
        settings.ROOMS_MESSAGE_RATE = Rate(3, 86400.0)
        async with entered("lobby") as ada, entered("lobby") as bob:
            for _ in range(3):
                assert (await ada.ask("hi"))["type"] == "message"
            answer = await ada.ask({"type": "say", "text": "hi", "id": "7"})
            assert error("rate_limited", answer)
            assert answer["id"] == "7"
            assert await ada.still_here()
            assert [(await bob.next())["text"] for _ in range(3)] == ["hi"] * 3
            assert (await bob.ask("hi"))["type"] == "message"

    async def test_ignoring_the_limit_again_and_again_ends_it(self, settings: Settings) -> None:
        """After ten times as many refusals the connection is closed with 4101."""
        settings.ROOMS_MESSAGE_RATE = Rate(2, 86400.0)
        async with entered("lobby") as client:
            answers = [await client.ask("hi") for _ in range(2 + 2 * consumers.VIOLATIONS_PER_MESSAGE)]
            assert [answer["type"] for answer in answers] == ["message"] * 2 + ["error"] * 20
            await client.put("hi")
            assert await client.code() == CloseCode.RATE_LIMITED
            await client.put(json.dumps({"type": "ping"}))  # nobody listens any more

    async def test_zero_is_no_limit(self, settings: Settings) -> None:
        """ROOMS_MESSAGE_RATE can be off."""
        settings.ROOMS_MESSAGE_RATE = Rate(0, 1.0)
        async with entered("lobby") as client:
            for _ in range(50):
                assert (await client.ask("hi"))["type"] == "message"
