"""Rooms, disconnections and bans from them, the names of deleted ones, and the identity key."""

import re
import unicodedata
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from rooms.names import PATTERN, room_key


class KeyField(models.CharField):
    """The `name` of a row as Python compares it, set whenever the row is written.

    The database's own `lower` depends on its locale: in a Turkish one `VIP` would be another name than `vip`, and a
    guarded room that is not found would be an open one.
    """

    def pre_save(self, model_instance: Any, add: bool) -> str:
        model_instance.key = key = room_key(model_instance.name)
        return key


_IN_NO_PASSWORD = re.compile("[\0\ud800-\udfff]")


def can_be_password(raw: str) -> bool:
    """Return whether `raw` has neither a NUL nor a lone surrogate, which no password has.

    HMAC pads its key with NULs, so `secret\0` would hash like `secret`.
    """
    return _IN_NO_PASSWORD.search(raw) is None


def normalized(raw: str) -> str:
    """Return a password in NFC: keyboards differ in how they compose a letter."""
    return unicodedata.normalize("NFC", raw)


def matches(raw: str | None, encoded: str) -> bool:
    """Return whether `raw` is the password that `encoded` is the hash of."""
    return raw is not None and can_be_password(raw) and check_password(normalized(raw), encoded)


NAME_IS_FINAL = "The name of a room never changes: delete it and make another one."


class RoomQuerySet(models.QuerySet["Room"]):
    def named(self, *names: str) -> "RoomQuerySet":
        """Select the rooms of these names, compared without case."""
        return self.filter(key__in=[room_key(name) for name in names])

    def with_restricted(self) -> "RoomQuerySet":
        """Read with each room whether it is for the members of its groups alone."""
        groups = Room.groups.through._default_manager.filter(room=models.OuterRef("pk"))
        return self.annotate(restricted=models.Exists(groups))

    def update(self, **values: Any) -> int:
        """Update as Django does. Raises ValueError for `name`, as `save` does: the old name would be open to all."""
        if "name" in values or "key" in values:
            raise ValueError(NAME_IS_FINAL)
        return super().update(**values)


class Room(models.Model):
    """A room that an admin made. A name without a row is an open, unlisted room.

    `password_version` changes whenever `password` does, so that members admitted by an older one can be recognized.
    """

    name = models.CharField(
        _("name"),
        max_length=64,
        validators=[RegexValidator(rf"^{PATTERN}\Z", _("Use 1 to 64 of A-Z a-z 0-9 _ -."))],
        help_text=_("Part of the address /ws/NAME. It cannot be changed later."),
    )
    key = KeyField(max_length=64, unique=True, blank=True, editable=False)
    title = models.CharField(
        _("title"), max_length=200, blank=True, help_text=_("Shown instead of the name.")
    )
    password = models.CharField(max_length=255, blank=True, editable=False)
    password_version = models.PositiveIntegerField(default=0, editable=False)
    history_size = models.PositiveIntegerField(
        _("history size"), default=1000, help_text=_("Number of messages that are kept; with 0 none are.")
    )
    member_limit = models.PositiveIntegerField(
        _("member limit"), null=True, blank=True, help_text=_("Members at a time; leave empty for no limit.")
    )
    closed = models.BooleanField(
        _("closed"), default=False, help_text=_("No newcomers; members inside stay.")
    )
    groups = models.ManyToManyField(
        Group,
        verbose_name=_("groups"),
        related_name="rooms",
        blank=True,
        help_text=_("Only users in one of these groups may enter, with its password, if it has one."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    banned: frozenset[tuple[str, str]] = frozenset()  # set by the same, see `identity.is_banned`
    restricted = False  # to the members of its groups; set when `rooms.access.loader` reads the room

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("room"), _("rooms")
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=~models.Q(key=""), name="room_has_key")]

    def __str__(self) -> str:
        return self.title or self.name

    def clean(self) -> None:
        self.key = room_key(self.name)
        if Room.objects.named(self.name).exclude(pk=self.pk).exists():
            raise ValidationError({"name": _("A room with this name exists.")})

    @property
    def guarded(self) -> bool:
        return bool(self.password)

    @property
    def epoch(self) -> str:
        """The epoch of its sequence; empty while no messages are kept. Needs a loaded `sequence`."""
        sequence = None if self.id is None else getattr(self, "sequence", None)  # cheap for an unlisted room
        return "" if sequence is None else sequence.epoch

    @property
    def last_disconnection(self) -> int:
        """The number of its last disconnection, 0 if there was none. Needs a loaded `sequence`."""
        sequence = getattr(self, "sequence", None)
        return 0 if sequence is None else sequence.disconnections

    def set_password(self, raw: str | None) -> None:
        """Set, change or (with None or "") remove the password. Call `save()` afterwards, as with Django's users.

        Raises ValueError for a password with a NUL, which would never match.
        """
        if raw and "\0" in raw:
            raise ValueError("a password cannot contain a NUL character")
        self.password = make_password(normalized(raw)) if raw else ""
        self.password_version += 1

    def check_password(self, raw: str | None) -> bool:
        """Return whether `raw` opens this room; anything opens an open one. Takes about 0.2 s of CPU."""
        return not self.guarded or matches(raw, self.password)


# A room without its group would be open, so Django refuses to delete one that a room is for.
Room.groups.through._meta.get_field("group").remote_field.on_delete = models.PROTECT


class Ban(models.Model):
    """A ban of one member. `member` is the id that it has in the room whose key is `origin`; of all rooms, for ""."""

    name = models.CharField(
        _("who"),
        max_length=254,
        help_text=_("The name of a user, or the id that a token names, as in token:u-17."),
    )
    origin = models.CharField(max_length=64, blank=True, editable=False)
    member = models.CharField(max_length=24, editable=False)
    room = models.ForeignKey(
        Room,
        models.CASCADE,
        verbose_name=_("room"),
        related_name="bans",
        null=True,
        blank=True,
        help_text=_("Leave empty for all rooms."),
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True, help_text=_("For staff."))
    until = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Leave empty for ever."))

    class Meta:
        verbose_name, verbose_name_plural = _("ban"), _("bans")

    def __str__(self) -> str:
        return self.name


class Disconnection(models.Model):
    """A disconnection by an admin, of a member or of everybody: connections from before it end, and may come back.

    It is stored so that a process that missed the event finds it when it reads the room.
    """

    room = models.ForeignKey(Room, models.CASCADE, related_name="disconnections", db_index=False)
    number = models.BigIntegerField()
    member = models.CharField(max_length=24, blank=True)  # empty: everybody
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "number"], name="disconnection_number")]

    def __str__(self) -> str:
        return f"{self.room_id}: {self.member or 'everybody'}"


class IdentityKey(models.Model):
    """The random key of members' ids, in one row: a new SECRET_KEY changes no id."""

    value = models.CharField(max_length=64)

    def __str__(self) -> str:
        return "the identity key"


class ReservedName(models.Model):
    """The name of a deleted room in lower case: it admits no one until an admin makes a room of that name again."""

    key = models.CharField(_("name"), max_length=64, unique=True)

    class Meta:
        verbose_name, verbose_name_plural = _("reserved name"), _("reserved names")

    def __str__(self) -> str:
        return self.key
