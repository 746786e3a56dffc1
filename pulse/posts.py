"""POST /api/pulse/samples: what agents have measured."""

import asyncio
import logging
import time
from pathlib import Path

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from pulse import agent, protocol
from pulse.alerting.monitor import announce_alerts
from pulse.protocol import Post
from pulse.storage import posts
from pulse.storage.posts import WRONG_CLOCK, Conflict
from pulse.storage.recorder import Pruner
from rtproject.tokens.check import authenticate
from rtproject.utils.database_threads import in_recorders_thread
from rtproject.utils.db import is_outage
from rtproject.utils.json_api import ApiError, decode, json_response
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.utils.failure_log import FailureLog
from rtproject.websocket.utils.log_text import printable
from rtproject.websocket.utils.loop_local import loop_local

logger = logging.getLogger(__name__)

POST_TIMEOUT = 15.0  # less than agents wait; until then they collect samples for one larger post
store_post = in_recorders_thread(posts.store_post)
publishing = FailureLog("publishing pulses of agents")
current_pruner = loop_local(Pruner)
_wrong_clocks: set[str] = set()  # hosts


@require_safe
def agent_file(request: HttpRequest) -> HttpResponse:
    """The agent, for `curl -O`."""
    return HttpResponse(Path(agent.__file__).read_bytes(), content_type="text/x-python; charset=utf-8")


@csrf_exempt  # no cookie counts here
async def samples(request: HttpRequest) -> HttpResponse:
    """Store the samples of the host that the token is for, and publish those of now."""
    received = time.time()
    if request.method != "POST":
        return ApiError(405, "Use POST.", Allow="POST").response
    try:
        async with asyncio.timeout(POST_TIMEOUT):
            hosts = (await authenticate(request)).subjects("pulse")
            if len(hosts) != 1:
                return ApiError(403, "A token for posting samples has one scope pulse:HOST.").response
            version = printable(request.headers.get("User-Agent", ""), 64)
            await _take(hosts[0], decode(request, Post), version, received)
    except ApiError as error:
        return error.response
    except Conflict:
        return ApiError(409, "Another machine was first to post under this name.").response
    except (Error, TimeoutError) as error:
        if isinstance(error, Error) and not is_outage(error):
            raise
        return ApiError(503, "The store is out of reach; post the samples again.").response
    return json_response({"interval": settings.PULSE_INTERVAL, "now": time.time()})


async def _take(host: str, post: Post, version: str, received: float) -> None:
    _note_clock(host, post.now - received)
    live, changed = await store_post(host, post, version, received)
    await current_pruner().wrote()
    for sample in live:
        with publishing:
            await broadcast(protocol.GROUP, sample.text, host=host, seq=sample.pulse.seq)
    if changed:
        await announce_alerts()


def _note_clock(host: str, seconds: float) -> None:
    is_wrong = abs(seconds) > WRONG_CLOCK
    if is_wrong and host not in _wrong_clocks:
        logger.warning("the clock of %s is off by %.0f seconds", host, seconds)
    (_wrong_clocks.add if is_wrong else _wrong_clocks.discard)(host)
