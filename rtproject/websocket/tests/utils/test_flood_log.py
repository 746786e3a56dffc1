"""A flood is logged once."""

import pytest

from rtproject.websocket.utils.flood_log import FloodLog


def test_a_flood_is_one_line_however_long_it_lasts(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next line comes after a minute without any."""
    log, times = FloodLog(), [0, 30, 80, 130, 200, 201]
    for at in times:
        monkeypatch.setattr("rtproject.websocket.utils.flood_log.time.monotonic", lambda at=at: at)
        log.report("strange at %d", at)
    assert caplog.messages == ["strange at 0", "strange at 200"]
