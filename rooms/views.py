"""The pages of rooms: the list, and a room to talk in."""

import json
from dataclasses import asdict
from functools import lru_cache
from hashlib import blake2b

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from rooms.access import passwords
from rooms.access.attempts import is_throttled
from rooms.access.loader import query_rooms
from rooms.access.rules import entry_refusal
from rooms.forms import PasswordForm
from rooms.identity import identify, keep_guest_key, user_of
from rooms.listing import RoomList, list_for
from rooms.models import Room
from rooms.names import is_room_name, room_key
from rooms.ui_text import LIST_TEXT, NOT_FOR_YOU, REFUSALS, ROOM_TEXT
from rtproject.utils.db import release_connections
from rtproject.websocket.addresses import request_address
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import ConnectionDenied, LayerUnavailable


@sensitive_post_parameters("password")
@never_cache
def room_page(request: HttpRequest, room: str) -> HttpResponse:
    """Show a room to talk in; ask for the password of a guarded one first.

    A posted password is answered by the page, or, for a client that prefers JSON, by `{"refused": code}`:
    null for the right one, with the seconds to `wait` after too many wrong ones.
    """
    found = _find(room)
    _check_access(request, found)
    form = PasswordForm(request.POST or None)
    if request.method == "POST":
        code = _try_password(request, found, form)
        if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
            wait = (
                {"wait": settings.ROOMS_PASSWORD_ATTEMPTS.seconds} if code == CloseCode.RATE_LIMITED else {}
            )
            return JsonResponse({"refused": code, **wait})
        if code is None:
            return HttpResponseRedirect(request.path)
    admitted = not found.guarded or passwords.is_admitted(request.session, found)
    context = {"room": found, "admitted": admitted, "form": form, "words": ROOM_TEXT}
    response = render(request, "rooms/room.html", context)
    keep_guest_key(request, response)
    return response


def _find(name: str) -> Room:
    key = room_key(name)
    found = query_rooms([key]).get(key) if is_room_name(name) else None
    if found is None:
        raise Http404("There is no such room.")
    return found


def _check_access(request: HttpRequest, room: Room) -> None:
    """Raise PermissionDenied if no password would let the reader in."""
    if not room.restricted and not settings.ROOMS_ACCESS:
        return
    reader = {"user": request.user, "cookies": request.COOKIES}
    user = user_of(reader, identify(reader, {}, room.name)[0])
    code = async_to_sync(entry_refusal)(user, room)
    if code == CloseCode.UNAVAILABLE:
        raise LayerUnavailable("it is not known whether the reader may enter")
    if code is not None:
        raise PermissionDenied(NOT_FOR_YOU)


def _try_password(request: HttpRequest, room: Room, form: PasswordForm) -> int | None:
    """Admit the session, or return the close code of the refusal, which the form then shows."""
    if not room.guarded:
        return None
    if not form.is_valid():
        return CloseCode.FORBIDDEN
    release_connections()  # the hash may take seconds without a query
    address = request_address(request)
    try:
        async_to_sync(passwords.verify)(room, form.cleaned_data["password"], address)
    except ConnectionDenied as refused:
        code = refused.code
        if code == CloseCode.RATE_LIMITED and not async_to_sync(is_throttled)(room, address):
            # Only the hash queue is full: no reason to wait a minute.
            code = CloseCode.UNAVAILABLE
        form.add_error("password", REFUSALS[code])
        return code
    passwords.admit(request.session, room)
    return None


@require_safe
def room_list(request: HttpRequest) -> HttpResponse:
    """List the rooms that an admin made.

    With `?name=` redirect to the room of that name, listed or not.
    """
    name = request.GET.get("name", "").strip()
    if is_room_name(name):
        return redirect("rooms:room", room=name)
    listed = async_to_sync(list_for)(request)
    context = {"room_list": listed, "words": LIST_TEXT, "more": _more(listed), "now": timezone.now()}
    return render(request, "rooms/list.html", context, status=503 if listed.total is None else 200)


@require_safe
async def live_list(request: HttpRequest) -> HttpResponse:
    """Return the list as JSON: `rooms` in their order, and how many `more` there are.

    It is 204 if the store is out of reach: every open page asks, and Django logs each 503.
    """
    listed = await list_for(request)
    if listed.total is None:
        return HttpResponse(status=204)
    body, etag = _encoded(listed)
    answer = get_conditional_response(request, etag=etag) or HttpResponse(
        body, content_type="application/json"
    )
    answer["ETag"], answer["Cache-Control"] = etag, "no-cache"
    return answer


@lru_cache(maxsize=8)  # for readers that see different rooms
def _encoded(listed: RoomList) -> tuple[str, str]:
    data = {"rooms": [asdict(entry) for entry in listed.entries], "more": _more(listed)}
    body = json.dumps(data, cls=DjangoJSONEncoder)
    return body, f'"{blake2b(body.encode(), digest_size=16).hexdigest()}"'


def _more(listed: RoomList) -> int:
    return (listed.total or 0) - len(listed.entries)
