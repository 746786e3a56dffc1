"""The types of the ASGI specification as this package uses them."""

from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
# A finished ASGI message. One is shared by all receivers of a broadcast, so nobody may change it.
AsgiMessage = dict[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
