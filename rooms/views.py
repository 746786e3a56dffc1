"""The pages of this app: the list of rooms, and a room to talk in."""

from asgiref.sync import async_to_sync
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from rooms import passwords
from rooms.doors import read_rooms
from rooms.forms import PasswordForm
from rooms.members import keep_guest_key
from rooms.models import Room
from rooms.names import is_room_name, room_key
from rtproject.websocket.addresses import request_address
from rtproject.websocket.close_codes import CloseCode, as_json
from rtproject.websocket.errors import Refused

REFUSALS: dict[int, str] = {
    CloseCode.FORBIDDEN: "That is not the password of this room.",
    CloseCode.RATE_LIMITED: "Too many wrong passwords. Wait a minute and try again.",
    CloseCode.UNAVAILABLE: "The password cannot be checked just now. Try again in a moment.",
}


@require_safe
def room_list(request: HttpRequest) -> HttpResponse:
    """The rooms that an admin made. With `?name=` it leads to the room of that name, listed or not."""
    name = request.GET.get("name", "").strip()
    if is_room_name(name):
        return redirect("rooms:room", room=name)
    return render(request, "rooms/list.html", {"rooms": Room.objects.all()})


@sensitive_post_parameters("password")
@never_cache
def room_page(request: HttpRequest, room: str) -> HttpResponse:
    """A room to talk in. A guarded one asks for its password first, which from then on the session stands for."""
    found = _find(room)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and found.guarded and form.is_valid():
        refusal = _refusal(request, found, form.cleaned_data["password"])
        if refusal is None:
            passwords.admit(request.session, found)
            return HttpResponseRedirect(request.path)
        form.add_error("password", REFUSALS[refusal])
    admitted = not found.guarded or passwords.is_admitted(request.session, found)
    context = {
        "room": found, "guarded": found.guarded, "admitted": admitted, "form": form, "close_codes": as_json()
    }  # fmt: skip
    response = render(request, "rooms/room.html", context)
    keep_guest_key(request, response)
    return response


def _find(name: str) -> Room:
    found = read_rooms([name]).get(room_key(name)) if is_room_name(name) else None
    if found is None:
        raise Http404("There is no such room.")
    return found


def _refusal(request: HttpRequest, room: Room, password: str) -> int | None:
    try:
        async_to_sync(passwords.verify)(room, password, request_address(request))
    except Refused as refused:
        return refused.code
    return None
