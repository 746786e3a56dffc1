"""The members of a room in the admin: see them, disconnect them, send them a notice.

Every action needs the permission to change rooms, and is logged in the room's history in the admin.
"""

import contextlib
from collections.abc import Coroutine
from typing import Any, TypeVar

from asgiref.sync import async_to_sync
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from rooms.api import RoomNotFound, Unavailable, post_notice
from rooms.enforcement import disconnect
from rooms.models import Room
from rooms.presence.tracker import members_of
from rooms.protocol import Person
from rtproject.websocket.exceptions import LayerUnavailable

T = TypeVar("T")

OUT_OF_REACH = _("The channel layer is out of reach.")


class NoticeForm(forms.Form):
    """An announcement to everybody in a room."""

    text = forms.CharField(label=_("Text"), max_length=500, widget=forms.Textarea({"rows": 3}))


class MembersAdmin(admin.ModelAdmin):
    """An admin with a page of members for each room, and an action in the list of rooms."""

    actions = ("disconnect_everybody",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(never_cache(self.members_view))
        return [path("<int:pk>/members/", view, name="rooms_room_members"), *super().get_urls()]

    @admin.action(description=_("Disconnect everybody in the selected rooms"), permissions=["change"])
    def disconnect_everybody(self, request: HttpRequest, rooms: QuerySet[Room]) -> None:
        """Disconnect all members. They may come back; close a room first to keep them out."""
        for room in rooms:
            self._disconnect(request, room, {})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the history, which names members, to admins who may change rooms."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def members_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the members of the room `pk` in all processes, and act on them."""
        room = self.get_object(request, str(pk))
        if room is None:
            raise Http404("There is no such room.")
        if not self.has_change_permission(request, room):
            raise PermissionDenied
        online = ask_presence(members_of(room.pk))
        if online is None:
            messages.error(request, OUT_OF_REACH)
        people = {person.id: person for person in online or []}
        form = NoticeForm(request.POST if "notice" in request.POST else None)
        if request.method == "POST" and self._act(request, room, people, form):
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Members of {room}").format(room=room),
            "opts": self.opts,
            "room": room,
            "people": people.values(),
            "form": form,
        }
        return TemplateResponse(request, "admin/rooms/room/members.html", context)

    def _act(self, request: HttpRequest, room: Room, people: dict[str, Person], form: NoticeForm) -> bool:
        """Carry out the posted action; return whether the form was valid."""
        if "everybody" in request.POST:
            self._disconnect(request, room, {})
        elif "notice" in request.POST:
            return form.is_valid() and self._notify(request, room, form.cleaned_data["text"])
        else:
            chosen = {member: people[member] for member in request.POST.getlist("member") if member in people}
            if chosen:
                self._disconnect(request, room, chosen)
        return True

    def _disconnect(self, request: HttpRequest, room: Room, chosen: dict[str, Person]) -> None:
        disconnect(room, list(chosen) or [""])
        who = ", ".join(person.name for person in chosen.values())
        self.log_change(request, room, f"Disconnected {who or 'everybody'}.")
        done = _("Disconnected {who} in {room}.").format(who=who or _("everybody"), room=room)
        messages.success(request, done)

    def _notify(self, request: HttpRequest, room: Room, text: str) -> bool:
        try:
            post_notice(room.name, text)
        except (RoomNotFound, Unavailable, ValueError) as error:
            messages.error(request, str(error))
            return False
        self.log_change(request, room, f"Sent a notice: {text}")
        messages.success(request, _("The notice was sent."))
        return True


def ask_presence(question: Coroutine[Any, Any, T]) -> T | None:
    """Return the answer to a question to presence, or None if Redis is out of reach. Blocks."""

    async def ask() -> T | None:
        with contextlib.suppress(LayerUnavailable):
            return await question
        return None

    return async_to_sync(ask)()
