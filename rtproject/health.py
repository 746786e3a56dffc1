"""Probes for load balancers and Kubernetes: `/healthz` (the loop turns) and `/readyz` (this process can serve)."""

from django.http import HttpResponse

from rtproject.headers import send_response
from rtproject.logs import PROBES, READY
from rtproject.state import current_state
from rtproject.websocket.asgi_types import Application, Receive, Scope, Send
from rtproject.websocket.lifecycle import running_tasks


class HealthProbes:
    """ASGI middleware that answers probes, whatever their Host and scheme, since they come to an address."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] not in PROBES:
            await self.inner(scope, receive, send)
            return
        fault = await _fault() if scope["path"] == READY else ""
        response = HttpResponse(f"{fault or 'ok'}\n", "text/plain", 503 if fault else 200)
        response["Cache-Control"] = "no-store"
        await send_response(send, response)


async def _fault() -> str:
    """Return why this process should get no requests, or nothing."""
    if running_tasks().begun:
        return "draining"
    state = await current_state()
    return ", ".join(f"the {part} is out of reach" for part in ("store", "layer") if not state[part])
