"""`manage.py pulse`."""

import asyncio
import io
import json
import os
import signal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from pulse.agent import FIRST_SECONDS
from pulse.management.commands import pulse as command

LOCAL_LAYER_WARNING = (
    "Without REDIS_URL the channel layer is inside this process: "
    "no other process sees these pulses live, only as stored samples.\n"
)


def test_once_prints_one_pulse_without_database_and_layer(settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "there.is.no.such.Layer"}}
    settings.PULSE_HOST = "web-1"
    stdout = io.StringIO()
    call_command("pulse", "--once", stdout=stdout)
    (line,) = stdout.getvalue().splitlines()
    frame: dict[str, Any] = json.loads(line)
    assert (frame["type"], frame["host"]) == ("pulse", "web-1")
    assert frame["interval"] >= FIRST_SECONDS


def test_once_says_why_a_machine_cannot_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(sampler: object) -> None:
        raise PermissionError("no /proc")

    monkeypatch.setattr(command, "measure", fail)
    with pytest.raises(CommandError, match=r"^This machine cannot be measured: PermissionError: no /proc$"):
        call_command("pulse", "--once")


@pytest.mark.parametrize(
    ("number", "backend", "warning"),
    [
        (signal.SIGTERM, "channels.layers.InMemoryChannelLayer", LOCAL_LAYER_WARNING),
        (signal.SIGINT, "channels_redis.pubsub.RedisPubSubChannelLayer", ""),
    ],
)
def test_the_worker_runs_until_a_signal(
    number: int, backend: str, warning: str, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend}}
    ended = []

    async def run_pulse(with_worker: bool) -> None:
        assert with_worker
        os.kill(os.getpid(), number)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    monkeypatch.setattr(command, "run_pulse", run_pulse)
    stderr = io.StringIO()
    call_command("pulse", stderr=stderr)
    assert ended
    assert stderr.getvalue() == warning
