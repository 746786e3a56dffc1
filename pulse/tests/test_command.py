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

from pulse.alerting.monitor import Monitor
from pulse.sampling.worker import FIRST_SECONDS, Worker

REDIS_LAYER = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": ["redis://127.0.0.1:1"]},  # nobody is there, and nobody is asked
    }
}


class Interrupted:
    """A worker that has this process told to end, and tells whether it could tidy up."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.tidied = False

    async def run(self) -> None:
        os.kill(os.getpid(), self.number)
        try:
            await asyncio.Event().wait()
        finally:
            self.tidied = True


async def silence(self: Monitor) -> None:
    await asyncio.Event().wait()


def run_pulse(monkeypatch: pytest.MonkeyPatch, number: int = signal.SIGTERM) -> tuple[Interrupted, str]:
    """Runs the command until it is stopped by signal `number`; returns its worker and what it wrote to stderr.

    Nobody looks at the database meanwhile.
    """
    worker, stderr = Interrupted(number), io.StringIO()
    monkeypatch.setattr(Worker, "from_settings", lambda: worker)
    monkeypatch.setattr(Monitor, "run", silence)
    call_command("pulse", stderr=stderr)
    return worker, stderr.getvalue()


def test_once_prints_one_pulse_as_one_line_and_needs_neither_database_nor_layer(
    settings: Settings,
) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "there.is.no.such.Layer"}}
    settings.PULSE_HOST, settings.PULSE_INTERVAL = "web-1", 5.0
    stdout = io.StringIO()
    call_command("pulse", "--once", stdout=stdout)
    (line,) = stdout.getvalue().splitlines()
    pulse: dict[str, Any] = json.loads(line)
    assert (pulse["type"], pulse["host"]) == ("pulse", "web-1")
    assert pulse["interval"] >= FIRST_SECONDS


def test_a_machine_that_cannot_be_measured_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: object) -> None:
        raise PermissionError("no /proc")

    monkeypatch.setattr("pulse.management.commands.pulse.take_snapshot", fail)
    with pytest.raises(CommandError, match=r"^This machine cannot be measured: PermissionError: no /proc$"):
        call_command("pulse", "--once")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_runs_until_the_process_is_told_to_end(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, _ = run_pulse(monkeypatch, number)
    assert worker.tidied


def test_a_layer_inside_the_process_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    _, stderr = run_pulse(monkeypatch)
    assert stderr == (
        "Without REDIS_URL the channel layer is inside this process: "
        "no other process sees these pulses live, only as stored samples.\n"
    )


def test_a_layer_between_processes_is_not(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.CHANNEL_LAYERS = REDIS_LAYER
    _, stderr = run_pulse(monkeypatch)
    assert stderr == ""
