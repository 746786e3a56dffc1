"""The threads of the pulse."""

import threading

from pulse.threads import sampling_thread, storing_thread, threads_are_done


def test_threads_are_done_unless_one_hangs() -> None:
    assert threads_are_done(20)
    for thread in (sampling_thread, storing_thread):
        resume = threading.Event()
        thread.submit(resume.wait)
        assert not threads_are_done(0)
        resume.set()
        assert threads_are_done(20)
