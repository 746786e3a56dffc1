"""The address of the endpoint."""

import pytest

from pulse.routing import websocket_urlpatterns


@pytest.mark.parametrize(
    ("path", "found"),
    [
        *((path, True) for path in ("stats", "stats/")),
        *((path, False) for path in ("stats//", "stats\n", "stats/\n", "Stats", "xstats", "stats/x", "")),
    ],
)
def test_only_stats_is_found_with_and_without_a_slash(path: str, found: bool) -> None:
    assert any(route.resolve(path) for route in websocket_urlpatterns) == found
