"""One instance for each running loop."""

import asyncio
import gc
import weakref

import pytest

from rtproject.utils.loop_local import loop_local


class Thing:
    """Something that belongs to a loop."""


def ask(current):
    """The instance of a new loop that is closed right after."""

    async def main():
        return current()

    return asyncio.run(main())


async def test_a_loop_has_one_instance():
    """Asking again on the same loop gives the same instance."""
    current = loop_local(Thing)
    assert current() is current()


async def test_each_function_has_instances_of_its_own():
    """Two makers on one loop do not share what they made."""
    assert loop_local(Thing)() is not loop_local(Thing)()


def test_another_loop_has_another_instance():
    """Nothing is carried from one loop to the next."""
    current = loop_local(Thing)
    assert ask(current) is not ask(current)


def test_an_instance_goes_with_its_loop():
    """Once a loop has ended its instance is forgotten, even one that keeps the loop alive."""

    class Holder:
        def __init__(self):
            self.loop = asyncio.get_running_loop()

    current = loop_local(Holder)
    gone = weakref.ref(ask(current))
    ask(current)
    gc.collect()
    assert gone() is None


def test_without_a_loop_there_is_no_instance():
    """Code outside a loop gets an error, not an instance that fits no loop."""
    with pytest.raises(RuntimeError, match="no running event loop"):
        loop_local(Thing)()
