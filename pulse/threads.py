"""Threads for work that may hang, in a disk or a database, so that it blocks no other."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from channels.db import database_sync_to_async

sampling_thread = ThreadPoolExecutor(1, "pulse-sampler")
storing_thread = ThreadPoolExecutor(1, "pulse-recorder")

# A thread of its own, so that a wait to write on SQLite blocks no reader.
in_storing_thread = partial(database_sync_to_async, thread_sensitive=False, executor=storing_thread)
