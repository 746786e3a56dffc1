"""Rooms, messages and bans in the Django admin. The members of rooms are in `admin_members.py`."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from django.views.decorators.debug import sensitive_post_parameters

from rooms.access.loader import query_rooms
from rooms.admin_members import MembersAdmin, ask_presence
from rooms.api import MessageNotFound, RoomNotFound, Unavailable, delete_message
from rooms.forms import RoomForm
from rooms.identity import identity_key, member_id
from rooms.models import Ban, Message, ReservedName, Room
from rooms.names import PATTERN, room_key
from rooms.presence.tracker import count_by_row, members_of
from rtproject.websocket.exceptions import LayerUnavailable

# What a ban cannot do.
LIMITS = _(
    "A guest is banned by the key in the cookie of this site (or <code>key=</code>). Guests who delete the cookies, or "
    "have no key, come back as somebody else, and a banned user who logs out comes back as a guest. To keep them out, "
    "give the room a new password or groups, or close it."
)
_WHOM = re.compile(f"({PATTERN}):([0-9a-f]{{24}})")


class ByColumns(admin.ModelAdmin):
    """An admin whose addresses find rows by the whole values of its columns alone.

    Otherwise a room's password could be found letter by letter: Django's own rule lets a related key through, as in
    `sequence__pk__password__startswith`.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow whole values of the columns in the list, and of those that filter it."""
        field, _, how = lookup.partition("__")
        return field in (*self.list_display, *self.list_filter) and how in ("", "exact")

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Allow references by primary key alone: Django's rule fails for the name of a relation."""
        return to_field == "id"


@admin.register(Room)
class RoomAdmin(MembersAdmin, ByColumns):
    """The list of rooms, and one room with its password to set, change or remove."""

    form = RoomForm
    list_display = ("name", "title", "is_guarded", "last_message", "state", "member_limit", "history_size")
    list_filter = ("closed",)
    list_select_related = ("sequence",)
    search_fields = ("name", "key", "title")
    fieldsets = (
        (None, {"fields": ("name", "title")}),
        (_("Password"), {"fields": ("is_guarded", "new_password", "remove_password")}),
        (_("Groups"), {"fields": ("groups",)}),
        (_("Limits"), {"fields": ("closed", "member_limit", "history_size")}),
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

    @admin.display(description=_("password"))
    def is_guarded(self, room: Room) -> str:
        """Return whether the room has a password; no more of it is ever shown."""
        return pgettext("password", "set") if room.guarded else pgettext("password", "none")

    @admin.display(description=_("newcomers"), ordering="closed")
    def state(self, room: Room) -> Any:
        """Return whether newcomers are admitted, in words: Django's red cross would call "not closed" an error."""
        return _("closed") if room.closed else _("open")

    @admin.display(description=_("last message"), ordering="sequence__last_at", empty_value=_("none yet"))  # type: ignore[call-overload]
    def last_message(self, room: Room) -> Any:
        sequence = getattr(room, "sequence", None)
        return None if sequence is None else sequence.last_at

    def get_readonly_fields(self, request: HttpRequest, obj: Room | None = None) -> tuple[str, ...]:
        return ("is_guarded",) if obj is None else ("is_guarded", "name")

    def get_deleted_objects(
        self, objs: QuerySet[Room] | Sequence[Room], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name the rooms, and count their messages instead of listing each."""
        rooms = list(objs)
        messages = sum(room.messages.count() for room in rooms)
        needed = set() if self.has_delete_permission(request) else {"room"}
        counts = {str(_("rooms")): len(rooms), str(_("messages")): messages}
        return [str(room) for room in rooms], counts, needed, []


def _online_column() -> Callable[[Room], int | None]:
    """Return the column of members online, whose first row asks for all rooms."""
    asked: list[Counter[int] | None] = []

    @admin.display(description=_("online"), empty_value=str(_("unknown")))
    def online(room: Room) -> int | None:
        if not asked:
            asked.append(ask_presence(count_by_row()))
        return None if asked[0] is None else asked[0][room.pk]

    return online


@admin.register(Message)
class MessageAdmin(ByColumns):
    """The messages that rooms keep: found by text or author, and deleted as members see it, with a number."""

    list_display = ("at", "room", "seq", "name", "beginning")
    list_select_related = ("room",)
    search_fields = ("text", "name")
    show_full_result_count = False
    ordering = ("-pk",)
    fields = ("room", "seq", "at", "name", "member", "text")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Leave out notices and deletions, which cannot be deleted."""
        return super().get_queryset(request).filter(kind="message")

    @admin.display(description=_("text"), empty_value=_("deleted"))  # type: ignore[call-overload]
    def beginning(self, message: Message) -> str:
        return Truncator(message.text).chars(100)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Message) -> None:
        """Delete a message once the transaction of Django's page has ended."""
        transaction.on_commit(lambda: _delete(obj))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Delete messages one by one: rows that are gone would have no deletion that members are told of."""
        for message in queryset:
            _delete(message)


def _delete(message: Message) -> None:
    try:
        delete_message(message.room.name, message.seq)
    except Unavailable as error:
        raise LayerUnavailable(str(error)) from error  # which is shown as 503
    except (MessageNotFound, RoomNotFound):
        pass  # somebody else has deleted it


class BanForm(forms.ModelForm):
    """A ban: of a member by `whom`, a room's key and the member's id there, or of a user or a token's id by name."""

    whom = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if whom := _WHOM.fullmatch(self.data.get("whom") or self.initial.get("whom") or ""):
            self.instance.origin, self.instance.member = room_key(whom[1]), whom[2]
            self.fields["name"].disabled = True
            self.initial["name"] = _name_of(self.instance.origin, self.instance.member)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self.instance.member:
            return name
        users = get_user_model()._default_manager
        user = users.filter(**{users.model.USERNAME_FIELD: name}).first()
        if user is None and not name.startswith("token:"):
            raise forms.ValidationError(_("There is no user of this name."))
        identity_key()
        self.instance.member = member_id("", name if user is None else f"user:{user.pk}")
        return name


def _name_of(key: str, member: str) -> str | None:
    """Return the name of a member who is inside, or else by which they said something."""
    room = query_rooms([key]).get(key)
    people = ask_presence(members_of(room.pk or 0, key)) if room else None
    said = (
        Message.objects.filter(room__key=key, member=member).order_by("-seq").values_list("name", flat=True)
    )
    return next((person.name for person in people or () if person.id == member), None) or said.first()


@admin.register(Ban)
class BanAdmin(ByColumns):
    """The bans. One is lifted by deleting it."""

    form = BanForm
    list_display = ("name", "room", "reason", "until")
    list_select_related = ("room",)
    search_fields = ("name", "reason")
    autocomplete_fields = ("room",)

    def get_fieldsets(self, request: HttpRequest, obj: Ban | None = None) -> Any:
        fields = ("name", "room", "reason", "until")
        return [
            (None, {"fields": fields if obj else ("whom", *fields), "description": "" if obj else LIMITS})
        ]

    def has_change_permission(self, request: HttpRequest, obj: Ban | None = None) -> bool:
        return False


@admin.register(ReservedName)
class ReservedNameAdmin(admin.ModelAdmin):
    """The reserved names of deleted rooms, which admit no one until an admin makes a room of that name again."""

    list_display = ("key",)
    search_fields = ("key",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ReservedName | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ReservedName | None = None) -> bool:
        """Return False: without its row the name would be an open, unlisted room."""
        return False
