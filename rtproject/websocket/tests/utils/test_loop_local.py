"""One instance for each running loop."""

import asyncio
import gc
import weakref

import pytest

from rtproject.websocket.utils.loop_local import loop_local


class Holder:
    """An instance that keeps its loop alive."""

    def __init__(self):
        self.loop = asyncio.get_running_loop()


async def test_a_loop_has_one_instance_for_each_function():
    """Two functions share nothing."""
    current = loop_local(Holder)
    assert current() is current()
    assert loop_local(Holder)() is not current()


def test_an_instance_goes_with_its_loop():
    """The next loop gets another one, and the old one is forgotten."""
    current = loop_local(Holder)

    async def main():
        return current()

    first = asyncio.run(main())
    assert asyncio.run(main()) is not first
    gone = weakref.ref(first)
    del first
    gc.collect()
    assert gone() is None


def test_without_a_loop_there_is_no_instance():
    """Code outside a loop gets an error."""
    with pytest.raises(RuntimeError, match="no running event loop"):
        loop_local(Holder)()
