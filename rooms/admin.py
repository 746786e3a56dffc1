"""Rooms in the Django admin. Their members are in `admin_members.py`."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from rooms.admin_members import MembersAdmin, ask_presence
from rooms.forms import RoomForm
from rooms.identity import identity_key, member_id
from rooms.models import Ban, ReservedName, Room
from rooms.presence.tracker import count_by_row


@admin.register(Room)
class RoomAdmin(MembersAdmin):
    """The list of rooms, and one room with its password to set, change or remove."""

    form = RoomForm
    list_display = ("name", "title", "is_guarded", "last_message", "state", "member_limit", "history_size")
    list_select_related = ("sequence",)
    search_fields = ("name", "key", "title")
    fieldsets = (
        (None, {"fields": ("name", "title")}),
        ("Password", {"fields": ("is_guarded", "new_password", "remove_password")}),
        ("Groups", {"fields": ("groups",)}),
        ("Limits", {"fields": ("closed", "member_limit", "history_size")}),
    )

    @method_decorator(sensitive_post_parameters("new_password"))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep the new password out of error reports."""
        return super().changeform_view(request, *args, **kwargs)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Room | None:
        """Lock the room while it is saved, so that no save writes back an older value of a field."""
        room = super().get_object(request, object_id, from_field)
        if room is not None and request.method == "POST" and connection.in_atomic_block:
            return Room.objects.select_for_update().filter(pk=room.pk).first()
        return room

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        """Add the column of members online, which asks the other processes once for each page."""
        return (*self.list_display[:3], _online_column(), *self.list_display[3:])

    @admin.display(description="password")
    def is_guarded(self, room: Room) -> str:
        """Return whether the room has a password; no more of it is ever shown."""
        return "set" if room.guarded else "none"

    @admin.display(description="newcomers", ordering="closed")
    def state(self, room: Room) -> str:
        """Return whether newcomers are admitted, in words: Django's red cross would call "not closed" an error."""
        return "closed" if room.closed else "open"

    @admin.display(description="last message", ordering="sequence__last_at", empty_value="none")
    def last_message(self, room: Room) -> Any:
        """The time of the last message."""
        sequence = getattr(room, "sequence", None)
        return None if sequence is None else sequence.last_at

    def get_readonly_fields(self, request: HttpRequest, obj: Room | None = None) -> tuple[str, ...]:
        """Make the name of a stored room read-only, since it never changes."""
        return ("is_guarded",) if obj is None else ("is_guarded", "name")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow lookups only by whole values of the columns in the list.

        Otherwise a password's hash could be found letter by letter: Django's own rule lets a related key
        through, as in `sequence__pk__password__startswith`.
        """
        field, _, how = lookup.partition("__")
        return field in (*self.list_display, "closed") and how in ("", "exact")

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Allow references by primary key alone: Django's rule fails for the name of a relation."""
        return to_field == "id"

    def get_deleted_objects(
        self, objs: QuerySet[Room] | Sequence[Room], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name the rooms, and count their messages instead of listing each."""
        rooms = list(objs)
        messages = sum(room.messages.count() for room in rooms)
        needed = set() if self.has_delete_permission(request) else {"room"}
        return [str(room) for room in rooms], {"rooms": len(rooms), "messages": messages}, needed, []


def _online_column() -> Callable[[Room], int | None]:
    """Return the column of members online, whose first row asks for all rooms."""
    asked: list[Counter[int] | None] = []

    @admin.display(description="online", empty_value="unknown")
    def online(room: Room) -> int | None:
        if not asked:
            asked.append(ask_presence(count_by_row()))
        return None if asked[0] is None else asked[0][room.pk]

    return online


class BanForm(forms.ModelForm):
    """A ban of a user, or of whom a token names. Guests are banned on the page of a room's members."""

    def clean_name(self) -> str:
        """Find the member that the name stands for."""
        name: str = self.cleaned_data["name"]
        users = get_user_model()._default_manager
        user = users.filter(**{users.model.USERNAME_FIELD: name}).first()
        if user is None and not name.startswith("token:"):
            raise forms.ValidationError("There is no user of this name.")
        identity_key()
        self.instance.member = member_id("", name if user is None else f"user:{user.pk}")
        return name


@admin.register(Ban)
class BanAdmin(admin.ModelAdmin):
    """The bans. One is lifted by deleting it."""

    form = BanForm
    list_display = ("name", "room", "reason", "until")
    autocomplete_fields = ("room",)

    def has_change_permission(self, request: HttpRequest, obj: Ban | None = None) -> bool:
        """Return False: delete it and make another one."""
        return False


@admin.register(ReservedName)
class ReservedNameAdmin(admin.ModelAdmin):
    """The reserved names of deleted rooms.

    They admit no one until an admin creates a room of that name again.
    """

    list_display = ("key",)
    search_fields = ("key",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: a name is reserved by deleting its room."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ReservedName | None = None) -> bool:
        """Return False: a reserved name has nothing to change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ReservedName | None = None) -> bool:
        """Return False: without its row the name would be an open, unlisted room."""
        return False
