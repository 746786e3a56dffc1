"""WebSockets for Django, on Channels: connections, groups and limits. See docs/kernel.md.

These ten names are all that other code imports. Each is loaded at its first use, since settings import some of them.
The package knows no app and nothing of the site around it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rtproject.websocket.application import websocket_application
    from rtproject.websocket.close_codes import CloseCode
    from rtproject.websocket.consumer import WebsocketConsumer
    from rtproject.websocket.exceptions import ClientError, ConnectionDenied, LayerUnavailable
    from rtproject.websocket.groups.registry import broadcast
    from rtproject.websocket.json_consumer import JsonWebsocketConsumer
    from rtproject.websocket.lifecycle import run_in_background
    from rtproject.websocket.throttling.rates import Rate

__all__ = [
    "ClientError", "CloseCode", "ConnectionDenied", "JsonWebsocketConsumer", "LayerUnavailable", "Rate",
    "WebsocketConsumer", "broadcast", "run_in_background", "websocket_application",
]  # fmt: skip

# Each imports those before it anyway.
MODULES = (
    *("exceptions", "throttling.rates", "close_codes", "lifecycle", "groups.registry", "consumer"),
    *("json_consumer", "application"),
)


def __getattr__(name: str) -> Any:
    for module in MODULES if name in __all__ else ():
        found = getattr(import_module(f"{__name__}.{module}"), name, None)
        if found is not None:
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
