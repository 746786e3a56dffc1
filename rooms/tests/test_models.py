"""The row of a room, and the sequence of its messages."""

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from rooms.history.pruning import prune
from rooms.models import Disconnection, Message, MessageSequence, ReservedName, Room
from rooms.tests.support import (
    keeping_room,
    make_older,
    make_room,
    put_many,
    put_texts,
    read_again,
    resize,
)

pytestmark = pytest.mark.django_db


class TestName:
    def test_two_rooms_cannot_differ_in_case_alone(self):
        make_room("VIP")
        with pytest.raises(IntegrityError), transaction.atomic():
            make_room("vip")

    def test_rooms_are_found_without_case_by_the_index(self):
        """However they were made."""
        one = make_room("One")
        (other,) = Room.objects.bulk_create([Room(name="oTHER", key="none")])
        make_room("third")
        assert set(Room.objects.named("ONE", "Other", "none")) == {one, other}
        assert not Room.objects.named()
        assert "USING INDEX" in Room.objects.named("one").explain()

    def test_a_room_that_nobody_would_find_cannot_be_made(self):
        """It would be open to all."""
        make_room("lobby", None)
        with pytest.raises(IntegrityError), connection.cursor() as cursor:
            cursor.execute("UPDATE rooms_room SET key = ''")

    def test_a_room_is_validated_by_its_key(self):
        make_room("VIP")
        Room(name="other").full_clean()
        with pytest.raises(ValidationError, match="A room with this name exists"):
            Room(name="vip").full_clean()


class TestPassword:
    def test_only_the_password_opens_a_guarded_room(self):
        """Not the hash itself, and not with NULs behind it, which HMAC would take for the same password."""
        room = make_room(password="secret123")
        assert room.check_password("secret123")
        wrong = [None, "", "secret", "secret1234", "Secret123", " secret123", "secret123 ", room.password]
        wrong += ["secret123\0", "\0secret123", "secret123\0\0", "secret123\0more"]
        assert not any(room.check_password(raw) for raw in wrong)
        room = make_room("open", None)
        assert all(room.check_password(raw) for raw in (None, "", "anything", "\0"))

    @pytest.mark.parametrize("raw", ["pässwörd", "🦊" * 32, " ", "x" * 1000, "a\nb"])
    def test_any_text_without_a_nul_can_be_a_password(self, raw):
        make_room("one", raw)
        assert Room.objects.get(name="one").check_password(raw)

    def test_a_password_with_a_nul_cannot_be_set(self):
        with pytest.raises(ValueError, match="NUL"):
            Room(name="lobby").set_password("other\0")

    def test_the_store_has_a_salted_hash(self, settings):
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
        one, other = make_room("one", "secret123"), make_room("other", "secret123")
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM rooms_room")
            assert "secret123" not in repr(cursor.fetchall())
        assert identify_hasher(one.password).algorithm == "pbkdf2_sha256"
        assert one.password != other.password

    def test_each_change_has_a_version_of_its_own(self):
        """Saving a room is none, and does not hash again."""
        room = make_room(password=None)
        hashes = [room.password]
        for version, raw in enumerate(("one", "two", "two", None, ""), start=1):
            room.set_password(raw)
            room.save()
            assert room.password_version == version
            hashes.append(room.password)
        assert len(set(hashes[1:4])) == 3
        assert hashes[0] == hashes[4] == hashes[5] == ""
        room.save()
        assert Room.objects.get(pk=room.pk).password_version == 5


class TestSequence:
    def test_it_begins_when_a_room_with_history_is_first_read(self):
        make_room("lobby", None)
        assert not MessageSequence.objects.exists()
        room = read_again()
        assert room.epoch
        assert read_again().epoch == room.epoch != keeping_room("other").epoch

    def test_a_room_without_history_has_none(self):
        make_room("lobby", None, history_size=0)
        assert read_again().epoch == ""
        assert not MessageSequence.objects.exists()

    def test_switching_history_off_deletes_the_messages(self):
        room = keeping_room()
        put_many(room, 3)
        assert resize(1).epoch == room.epoch
        assert resize(0).epoch == ""
        assert not Message.objects.exists()
        assert MessageSequence.objects.get().pruned == 3

    def test_switching_it_on_again_begins_a_new_epoch_after_the_old_numbers(self):
        old = keeping_room()
        put_many(old, 3)
        resize(0)
        new = resize(10)
        assert new.epoch not in ("", old.epoch)
        assert (new.sequence.last_seq, new.sequence.pruned_through(10)) == (3, 3)
        assert [row.seq for row in put_texts(new, "a", "b")] == [4, 5]

    def test_a_room_that_is_made_again_begins_anew(self):
        old = keeping_room()
        put_many(old, 3)
        Room.objects.get().delete()
        new = keeping_room()
        assert new.epoch != old.epoch
        assert [row.seq for row in put_texts(new, "first")] == [1]

    @pytest.mark.parametrize(
        ("last", "pruned", "size", "expected"),
        [(10, 0, 100, 0), (10, 0, 3, 7), (10, 8, 3, 8), (10, 0, 0, 10)],
    )
    def test_what_was_deleted_or_is_beyond_the_size_is_not_shown(self, last, pruned, size, expected):
        assert MessageSequence(last_seq=last, pruned=pruned).pruned_through(size) == expected


class TestMessage:
    def test_a_row_that_is_not_posted_is_refused(self):
        """It would take the number of the next message."""
        room = keeping_room()
        (row,) = put_many(room, 1)
        with pytest.raises(RuntimeError, match=r"rooms\.api"):
            Message.objects.create(room=room, seq=2, guest=True, at=row.at)
        with pytest.raises(RuntimeError, match=r"rooms\.api"):
            row.save()
        assert [each.seq for each in put_texts(room, "next")] == [2]

    def test_deleting_rows_is_noted_in_their_rooms(self):
        """What is pruned is none of it."""
        room, other = keeping_room(), keeping_room("other", history_size=1)
        row, *_ = put_many(room, 3)
        put_many(other, 3)
        row.delete()
        Message.objects.filter(room=room, seq=3).delete()
        make_older(minutes=1)
        prune(other.pk)
        assert list(Message.objects.values_list("room", "seq").order_by("pk")) == [
            (room.pk, 2),
            (other.pk, 3),
        ]
        assert [read_again(name).sequence.removals for name in ("lobby", "other")] == [2, 0]


def test_a_group_that_a_room_is_for_cannot_be_deleted():
    """The room would be open to all. Both can go, the room first."""
    group = Group.objects.create(name="staff")
    room = make_room("staff")
    room.groups.add(group)
    for delete in (group.delete, Group.objects.all().delete):
        with pytest.raises(ProtectedError):
            delete()
    room.delete()
    group.delete()


def test_rows_have_names_for_people():
    assert str(Room(name="lobby", title="The lobby")) == "The lobby"
    assert str(Room(name="lobby")) == str(ReservedName(key="lobby")) == "lobby"
    assert str(MessageSequence(room_id=3, last_seq=7)) == "3: 7"
    assert str(Disconnection(room_id=3)) == "3: everybody"


def test_the_migrations_are_complete():
    call_command("makemigrations", "rooms", check=True, dry_run=True, verbosity=0)
