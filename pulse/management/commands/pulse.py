"""`manage.py pulse`: the background worker as a process of its own."""

import asyncio
import contextlib
import os
import signal
import time
from argparse import ArgumentParser
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pulse import protocol
from pulse.alerting.monitor import current_monitor
from pulse.sampling.clock import Grid, SystemClock
from pulse.sampling.sampler import difference, take_snapshot
from pulse.sampling.worker import FIRST_SECONDS, Worker, disk_path
from pulse.threads import sampling_thread, storing_thread

HANGING_SECONDS = 2.0  # who takes longer to end than this hangs, in a disk or a database that does not answer


class Command(BaseCommand):
    """Samples this machine and tells every dashboard, until SIGTERM or SIGINT."""

    help = "Measures this machine at each tick of the clock and tells every dashboard, until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares `--once`."""
        parser.add_argument("--once", action="store_true", help="print one sample as a line of JSON, and end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        """Runs the worker, or prints one sample, which needs neither the database nor the channel layer.

        Raises CommandError if this machine cannot be measured for that one sample. The worker would try again.
        """
        if once:
            try:
                self.stdout.write(one_sample())
            except Exception as error:  # psutil raises whatever its platform does
                raise CommandError(
                    f"This machine cannot be measured: {type(error).__name__}: {error}"
                ) from error
            return
        if isinstance(get_channel_layer(), InMemoryChannelLayer):
            self.stderr.write(
                "Without REDIS_URL the channel layer is inside this process: "
                "no other process sees these pulses live, only as stored samples."
            )
        asyncio.run(run_until_stopped())
        if not all(thread.ends_within(HANGING_SECONDS) for thread in (sampling_thread, storing_thread)):
            os._exit(0)


def one_sample() -> str:
    """The frame of one sample of this machine. Takes FIRST_SECONDS, and raises what `take_snapshot` does."""
    before = take_snapshot(disk_path())
    time.sleep(FIRST_SECONDS)
    sample = difference(before, take_snapshot(disk_path()))
    seq = Grid(settings.PULSE_INTERVAL, SystemClock()).number(sample.at)
    return protocol.encode(protocol.pulse_of(sample, settings.PULSE_HOST, seq))


async def run_until_stopped() -> None:
    """Runs the worker until this process is told to end."""
    current_monitor().ensure_running()
    worker = asyncio.create_task(Worker.from_settings().run(), name="pulse worker")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await worker
