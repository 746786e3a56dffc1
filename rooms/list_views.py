"""The list of rooms: as a page, and as data for that page to keep itself up to date."""

import json
from dataclasses import asdict
from functools import lru_cache
from hashlib import blake2b

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from rooms.list_words import WORDS
from rooms.listing import Board, current_board
from rooms.names import is_room_name


@require_safe
async def room_list(request: HttpRequest) -> HttpResponse:
    """The rooms that an admin made. With `?name=` it leads to the room of that name, listed or not."""
    name = request.GET.get("name", "").strip()
    if is_room_name(name):
        return redirect("rooms:room", room=name)
    board = await current_board()
    context = {"board": board, "words": WORDS, "more": _more(board), "now": timezone.now()}
    return render(request, "rooms/list.html", context, status=503 if board.total is None else 200)


@require_safe
async def live_list(request: HttpRequest) -> HttpResponse:
    """The same as JSON: `rooms` in their order, and how many `more` there are.

    304 if nothing has changed, 204 if the store cannot be asked: every open page asks, and Django logs each 503.
    """
    board = await current_board()
    if board.total is None:
        return HttpResponse(status=204)
    body, etag = _encoded(board)
    answer = get_conditional_response(request, etag=etag) or HttpResponse(
        body, content_type="application/json"
    )
    answer["ETag"], answer["Cache-Control"] = etag, "no-cache"
    return answer


@lru_cache(maxsize=1)
def _encoded(board: Board) -> tuple[str, str]:
    data = {"rooms": [asdict(entry) for entry in board.entries], "more": _more(board)}
    body = json.dumps(data, cls=DjangoJSONEncoder)
    return body, f'"{blake2b(body.encode(), digest_size=16).hexdigest()}"'


def _more(board: Board) -> int:
    return (board.total or 0) - len(board.entries)
