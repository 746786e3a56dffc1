"""`manage.py pulse`: the background worker as a process of its own."""

import asyncio
import contextlib
import os
import signal
import time
from argparse import ArgumentParser
from concurrent.futures import wait
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pulse import protocol
from pulse.agent import FIRST_SECONDS, Sampler
from pulse.sampling.worker import disk_path, measure, run_pulse, sampling_thread
from rtproject.utils.database_threads import in_recorders_thread

EXIT_TIMEOUT = 2.0


class Command(BaseCommand):
    """The worker, or one sample of it."""

    help = "Measures this machine at each tick of the clock and tells every dashboard, until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare `--once`."""
        parser.add_argument("--once", action="store_true", help="print one sample as a line of JSON, and end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        """Run the worker, or print one sample, without database and channel layer.

        Raise CommandError if that sample cannot be measured. The worker would try again.
        """
        if once:
            try:
                self.stdout.write(one_sample())
            except Exception as error:  # psutil raises different errors on each platform
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
        last = [thread.submit(int) for thread in (sampling_thread, in_recorders_thread.executor)]
        if wait(last, EXIT_TIMEOUT).not_done:
            os._exit(0)  # Python would wait for a thread that hangs in a disk or a database


def one_sample() -> str:
    """The frame of one sample of this machine. Takes FIRST_SECONDS."""
    sampler = Sampler(str(disk_path()))
    while (measurement := measure(sampler)) is None:
        time.sleep(FIRST_SECONDS)
    seq = int(measurement.at // settings.PULSE_INTERVAL)
    return protocol.encode(protocol.pulse_of(measurement, settings.PULSE_HOST, seq))


async def run_until_stopped() -> None:
    """Run the pulse until SIGTERM or SIGINT."""
    pulse = asyncio.create_task(run_pulse(with_worker=True))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, pulse.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await pulse
