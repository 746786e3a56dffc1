"""Probes for load balancers and Kubernetes: `/healthz` (the loop turns) and `/readyz` (this process can serve)."""

from django.http import HttpResponse

from rtproject.http.headers import send_response
from rtproject.logs import READY
from rtproject.state import current_state
from rtproject.websocket.asgi_types import Send
from rtproject.websocket.lifecycle import running_tasks


async def answer_probe(path: str, send: Send) -> None:
    fault = await _fault() if path == READY else ""
    response = HttpResponse(f"{fault or 'ok'}\n", "text/plain", 503 if fault else 200)
    response["Cache-Control"] = "no-store"
    await send_response(send, response)


async def _fault() -> str:
    """Return why this process should get no requests, or nothing."""
    if running_tasks().begun:
        return "draining"
    state = await current_state()
    return ", ".join(f"the {part} is out of reach" for part in ("store", "layer") if not state[part])
