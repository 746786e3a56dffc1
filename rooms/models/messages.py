"""The messages of rooms with history, and the sequence of their numbers."""

import secrets
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from rooms.models.room import Room
from rtproject.utils.db import short_transaction


def new_epoch() -> str:
    """Return a random word that identifies one numbering of a room's messages."""
    return secrets.token_urlsafe(12)


class MessageSequenceManager(models.Manager["MessageSequence"]):
    def sync(self, room: Room) -> None:
        """Begin or end the sequence of a room whose `history_size` has changed from or to 0.

        Called by whatever reads rooms, since `history_size` may be changed anywhere.
        """
        with short_transaction():
            sequence, _ = self.select_for_update().get_or_create(room=room)
            keeps = Room.objects.filter(pk=room.pk, history_size__gt=0).exists()
            if keeps and not sequence.epoch:
                sequence.epoch = new_epoch()
            if not keeps and sequence.epoch:
                sequence.epoch, sequence.pruned = "", sequence.last_seq
                Message.objects.filter(room=room).discard()
            sequence.save(update_fields=["epoch", "pruned"])
        room.sequence = sequence


class MessageSequence(models.Model):
    """The last numbers of a room's messages and disconnections. Storing one holds this row's lock until the commit.

    It is a row of its own because saving a Room that was read an hour ago must not set the numbers back. `epoch` is
    empty while the room keeps no messages, and a new one whenever it begins to keep them.
    """

    room = models.OneToOneField(Room, models.CASCADE, primary_key=True, related_name="sequence")
    epoch = models.CharField(max_length=32, blank=True)
    last_seq = models.BigIntegerField(default=0)
    last_at = models.DateTimeField(null=True)
    pruned = models.BigIntegerField(default=0)  # through this number messages are deleted
    removals = models.BigIntegerField(default=0)  # of messages, past the protocol
    disconnections = models.BigIntegerField(default=0)  # the number of the last one

    objects = MessageSequenceManager()

    def __str__(self) -> str:
        return f"{self.room_id}: {self.last_seq}"

    def pruned_through(self, history_size: int) -> int:
        return max(self.pruned, self.last_seq - history_size)


def unlink_sequence(room: Room) -> None:
    """Make a sequence that was read with its room forget it: such a cycle waits for the garbage collector."""
    sequence = getattr(room, "sequence", None)
    if sequence is not None:
        sequence._state.fields_cache.pop("room", None)


class MessageQuerySet(models.QuerySet["Message"]):
    """Deletes messages, within the protocol and past it."""

    def discard(self) -> None:
        """Delete messages that are not shown any more."""
        super().delete()

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete as Django does, past the protocol: the numbers stay, and read as deleted messages everywhere."""
        with transaction.atomic(using=self.db):
            rooms = list(self.order_by().values_list("room", flat=True).distinct())
            deleted = super().delete()
            sequences = MessageSequence.objects.using(self.db).filter(pk__in=rooms)
            sequences.update(removals=models.F("removals") + 1)
        return deleted


class Message(models.Model):
    """A numbered frame of a room with history: a message, a notice, or the deletion of the message `target`.

    Only the text of a message changes, to nothing when it is deleted; the oldest rows are deleted. `member` to
    `external` are the sender's at that time; a notice and a deletion by a moderator have no member. `key` is unique for
    each member and room: `=` and the sender's id, or `:` and a random one. It finds what is posted twice.
    """

    room = models.ForeignKey(
        Room, models.CASCADE, verbose_name=_("room"), related_name="messages", db_index=False
    )
    seq = models.BigIntegerField(_("number"))
    member = models.CharField(_("member"), max_length=24)
    name = models.CharField(_("name"), max_length=254)
    guest = models.BooleanField()
    program = models.BooleanField(default=False)
    external = models.BooleanField(default=False)
    kind = models.CharField(max_length=7, default="message")  # or "notice", "deleted": the type of its frame
    target = models.BigIntegerField(null=True)
    text = models.TextField(_("text"))
    at = models.DateTimeField(_("time"))
    key = models.CharField(max_length=65)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("message"), _("messages")
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="message_number"),
            models.UniqueConstraint(fields=["room", "member", "key"], name="message_key"),
        ]

    def __str__(self) -> str:
        return _("{room}, number {seq}, by {name}").format(room=self.room, seq=self.seq, name=self.name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: a row made past the sequence would take the number of the next message. Raises RuntimeError."""
        raise RuntimeError(
            "Messages are numbered when they are posted: call rooms.api.post_message, not save()."
        )

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        return Message.objects.filter(pk=self.pk).delete()
