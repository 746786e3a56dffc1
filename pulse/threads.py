"""The thread in which the pulse writes to the database."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from channels.db import database_sync_to_async

# Apart from the thread that all other database work shares: whoever waits to write on SQLite holds no reader up.
in_own_thread = partial(
    database_sync_to_async, thread_sensitive=False, executor=ThreadPoolExecutor(1, "pulse-recorder")
)
