"""Rooms in the Django admin."""

from django.contrib import admin
from django.http import HttpRequest

from rooms.forms import RoomForm
from rooms.models import RetiredName, Room


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):
    """The list of rooms, and one room with its password to set, change or remove."""

    form = RoomForm
    list_display = ("name", "title", "is_guarded", "closed", "member_limit", "history_size")
    search_fields = ("name", "title")
    fieldsets = (
        (None, {"fields": ("name", "title")}),
        ("Password", {"fields": ("is_guarded", "new_password", "remove_password")}),
        ("Limits", {"fields": ("closed", "member_limit", "history_size")}),
    )

    @admin.display(boolean=True, description="guarded")
    def is_guarded(self, room: Room) -> bool:
        """Whether a password is needed: all that the admin ever shows of one."""
        return room.guarded

    def get_readonly_fields(self, request: HttpRequest, obj: Room | None = None) -> tuple[str, ...]:
        """A room's name never changes."""
        return ("is_guarded",) if obj is None else ("is_guarded", "name")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Nobody learns a hash by asking the list for rooms whose hash begins with this or that."""
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)


@admin.register(RetiredName)
class RetiredNameAdmin(admin.ModelAdmin):
    """Names of deleted rooms: nobody gets in by one until an admin makes a room of that name again."""

    list_display = ("key",)
    search_fields = ("key",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A name is retired by deleting its room."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: RetiredName | None = None) -> bool:
        """There is nothing to change about one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RetiredName | None = None) -> bool:
        """Without it the name would be an open, unlisted room."""
        return False
