"""The types of the ASGI specification as this package uses them."""

from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
# A finished ASGI message. All receivers of a broadcast share one, so do not change it.
AsgiMessage = dict[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
