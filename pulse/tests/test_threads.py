"""The threads of the pulse."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulse.threads import sampling_thread, storing_thread, threads_are_done


@pytest.mark.parametrize("thread", [sampling_thread, storing_thread])
def test_threads_are_done_unless_one_hangs(thread: ThreadPoolExecutor) -> None:
    resume = threading.Event()
    thread.submit(resume.wait)
    assert not threads_are_done(0)
    resume.set()
    assert threads_are_done(20)
