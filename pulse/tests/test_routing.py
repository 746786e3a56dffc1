"""Where the endpoint is."""

import pytest

from pulse.consumers import PulseConsumer
from pulse.routing import websocket_urlpatterns


def matches(path: str) -> bool:
    return any(route.resolve(path) for route in websocket_urlpatterns)


@pytest.mark.parametrize("path", ["stats", "stats/"])
def test_stats_is_found_with_and_without_a_slash(path: str) -> None:
    assert matches(path)


@pytest.mark.parametrize("path", ["stats//", "stats\n", "stats/\n", "Stats", "xstats", "stats/x", ""])
def test_nothing_else_is_taken_for_it(path: str) -> None:
    assert not matches(path)


def test_the_endpoint_is_the_pulse_consumer() -> None:
    assert websocket_urlpatterns[0].callback.consumer_class is PulseConsumer
