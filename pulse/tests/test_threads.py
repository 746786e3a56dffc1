"""Threads that know what they have not done yet."""

import threading

import pytest

from pulse.threads import OwnThread


def test_one_that_did_everything_is_through() -> None:
    thread = OwnThread("test")
    assert thread.ends_within(0)
    assert thread.submit(pow, 2, 3).result() == 8
    assert thread.ends_within(20)


def test_one_that_hangs_is_not_and_what_waits_for_it_neither() -> None:
    thread, go_on = OwnThread("test"), threading.Event()
    thread.submit(go_on.wait)
    last = thread.submit(pow, 2, 3)
    last.cancel()
    assert not thread.ends_within(0)
    go_on.set()
    assert thread.ends_within(20)


def test_an_error_is_an_end_too() -> None:
    thread = OwnThread("test")
    failed = thread.submit(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        failed.result()
    assert thread.ends_within(20)
