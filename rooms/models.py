"""A room's row, from its creation to its deletion, and what is left of it then."""

import secrets

from django.contrib.auth.hashers import make_password
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower

from rooms.names import PATTERN, room_key
from rooms.passwords import matches


def new_epoch() -> str:
    """A random word that tells one numbering of a room's messages from every other."""
    return secrets.token_urlsafe(12)


class RoomQuerySet(models.QuerySet["Room"]):
    """Questions about rooms."""

    def named(self, *names: str) -> "RoomQuerySet":
        """The rooms of these names, compared without case. Uses the unique index on the lower-cased name."""
        return self.alias(key=Lower("name")).filter(key__in=[room_key(name) for name in names])


class Room(models.Model):
    """A room that an admin made. Names that no row has are open, unlisted rooms, and have no object here.

    `epoch` and `last_seq` number the messages; `password_version` changes whenever `password` does, so that who came
    in by an older one can be told.
    """

    name = models.CharField(
        max_length=64,
        validators=[RegexValidator(rf"^{PATTERN}\Z", "Use 1 to 64 of A-Z a-z 0-9 _ -.")],
        help_text="Part of the address, /ws/<name>. It never changes.",
    )
    title = models.CharField(
        max_length=200, blank=True, help_text="What people see; the name if it is empty."
    )
    password = models.CharField(max_length=255, blank=True, editable=False)
    password_version = models.PositiveIntegerField(default=0, editable=False)
    history_size = models.PositiveIntegerField(
        default=1000, help_text="Messages that are kept; 0 keeps none."
    )
    member_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="Members at a time; empty: no limit."
    )
    closed = models.BooleanField(default=False, help_text="Closed to newcomers. Who is inside stays.")
    epoch = models.CharField(max_length=32, default=new_epoch, editable=False)
    last_seq = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RoomQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="room_name_without_case",
                violation_error_message="There is a room of that name.",
            )
        ]

    def __str__(self) -> str:
        return self.title or self.name

    @property
    def guarded(self) -> bool:
        """Whether a password is needed to come in."""
        return bool(self.password)

    def set_password(self, raw: str | None) -> None:
        """Sets, changes or (with None or "") removes the password. Call `save()` after it, as with Django's users.

        Raises ValueError for a password with a NUL, which no one could enter by.
        """
        if raw and "\0" in raw:
            raise ValueError("a password cannot contain a NUL character")
        self.password = make_password(raw) if raw else ""
        self.password_version += 1

    def check_password(self, raw: str | None) -> bool:
        """Whether `raw` opens this room: anything opens one without a password. Takes about 0.2 s of CPU."""
        return not self.guarded or matches(raw, self.password)


class RetiredName(models.Model):
    """The name of a deleted room, lower-cased: nobody gets in by it until an admin makes a room of that name again."""

    key = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return self.key
