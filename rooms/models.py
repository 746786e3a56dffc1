"""A room's row from its creation to its deletion, what is left of it then, and what was said in it."""

import secrets
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower

from rooms.hashing import matches
from rooms.names import PATTERN, room_key
from rtproject.utils.db import short_transaction


def new_epoch() -> str:
    """A random word that tells one sequence of a room's messages from every other."""
    return secrets.token_urlsafe(12)


NAME_IS_FINAL = "The name of a room never changes: delete it and make another one."


class RoomQuerySet(models.QuerySet["Room"]):
    """Questions about rooms."""

    def named(self, *names: str) -> "RoomQuerySet":
        """The rooms of these names, compared without case. Uses the unique index on the lower-cased name."""
        return self.alias(key=Lower("name")).filter(key__in=[room_key(name) for name in names])

    def update(self, **values: Any) -> int:
        """See Django's. Raises ValueError for `name`, as `save` does: the old one would be open to all."""
        if "name" in values:
            raise ValueError(NAME_IS_FINAL)
        return super().update(**values)


class Room(models.Model):
    """A room that an admin made. Names that no row has are open, unlisted rooms, and have no object here.

    `password_version` changes whenever `password` does, so that who came in by an older one can be told.
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

    @property
    def epoch(self) -> str:
        """The epoch of its sequence; empty while no messages are kept. Needs `sequence` to be loaded."""
        sequence = getattr(self, "sequence", None)
        return "" if sequence is None else sequence.epoch

    @property
    def last_disconnection(self) -> int:
        """The number of its last removal, 0 if there was none. Needs `sequence` to be loaded."""
        sequence = getattr(self, "sequence", None)
        return 0 if sequence is None else sequence.disconnections

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


class MessageSequenceManager(models.Manager["MessageSequence"]):
    """Numberings of rooms."""

    def sync(self, room: Room) -> None:
        """Begins a sequence for a room that keeps messages and has none, ends that of one that keeps none any more.

        It follows `history_size` wherever that is changed, so it is called by those who read rooms.
        """
        with short_transaction():
            sequence, _ = self.select_for_update().get_or_create(room=room)
            keeps = Room.objects.filter(pk=room.pk, history_size__gt=0).exists()
            if keeps and not sequence.epoch:
                sequence.epoch = new_epoch()
            if not keeps and sequence.epoch:
                sequence.epoch, sequence.pruned = "", sequence.last_seq
                Message.objects.filter(room=room).delete()
            sequence.save(update_fields=["epoch", "pruned"])
        room.sequence = sequence


class MessageSequence(models.Model):
    """How far the messages of a room, and its disconnections, are numbered. Who stores one holds this row's lock until it is
    committed.

    It is a row of its own because a Room that somebody saves an hour after it was read must not set the numbers back.
    `epoch` is empty while the room keeps no messages, and another one whenever it begins to keep them.
    """

    room = models.OneToOneField(Room, models.CASCADE, primary_key=True, related_name="sequence")
    epoch = models.CharField(max_length=32, blank=True)
    last_seq = models.BigIntegerField(default=0)
    last_at = models.DateTimeField(null=True)
    pruned = models.BigIntegerField(default=0)  # the highest number that is not kept any more
    disconnections = models.BigIntegerField(default=0)  # the number of the last one

    objects = MessageSequenceManager()

    def __str__(self) -> str:
        return f"{self.room_id}: {self.last_seq}"

    def pruned_through(self, history_size: int) -> int:
        """The highest number that nobody is shown any more."""
        return max(self.pruned, self.last_seq - history_size)


class MessageQuerySet(models.QuerySet["Message"]):
    """Questions about what was said."""

    def after(self, seq: int) -> "MessageQuerySet":
        """What came after number `seq`, oldest first."""
        return self.filter(seq__gt=seq).order_by("seq")

    def before(self, seq: int | None) -> "MessageQuerySet":
        """What came before number `seq`, or everything, newest first."""
        return (self if seq is None else self.filter(seq__lt=seq)).order_by("-seq")


class Message(models.Model):
    """What a member said in a room that keeps it. A row is never changed; the oldest are deleted.

    `member`, `name` and `guest` are the sender's as they were then. `key` is unique for each member and room: what the
    sender called it (`client_id`), or something random; by it a message that is stored twice is found.
    """

    room = models.ForeignKey(Room, models.CASCADE, related_name="messages", db_index=False)
    seq = models.BigIntegerField()
    member = models.CharField(max_length=24)
    name = models.CharField(max_length=254)
    guest = models.BooleanField()
    text = models.TextField()
    at = models.DateTimeField()
    key = models.CharField(max_length=65)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="message_number"),
            models.UniqueConstraint(fields=["room", "member", "key"], name="message_key"),
        ]

    def __str__(self) -> str:
        return f"{self.room_id}: {self.seq}"

    @property
    def client_id(self) -> str | None:
        """The `id` that the sender gave it."""
        return self.key[1:] if self.key.startswith("=") else None


class Disconnection(models.Model):
    """An admin disconnected a member, or everybody: whoever came in before it has to go, and may come back.

    It is stored, so that a process that did not hear of it finds it when it looks at the room.
    """

    room = models.ForeignKey(Room, models.CASCADE, related_name="disconnections", db_index=False)
    number = models.BigIntegerField()
    member = models.CharField(max_length=24, blank=True)  # empty: everybody
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "number"], name="disconnection_number")]

    def __str__(self) -> str:
        return f"{self.room_id}: {self.member or 'everybody'}"


class ReservedName(models.Model):
    """The name of a deleted room, lower-cased: nobody gets in by it until an admin makes a room of that name again."""

    key = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return self.key
