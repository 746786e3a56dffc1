"""A room's row."""

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from rooms.models import Message, MessageSequence, ReservedName, Room
from rooms.tests.support import make_room

pytestmark = pytest.mark.django_db


class TestName:
    def test_two_rooms_cannot_differ_in_case_alone(self) -> None:
        """The store itself refuses a second room of a name."""
        make_room("VIP")
        with pytest.raises(IntegrityError), transaction.atomic():
            make_room("vip")

    @pytest.mark.parametrize("name", ["", "a b", "a\n", "ä", "x" * 65])
    def test_a_bad_name_is_invalid(self, name: str) -> None:
        """Validation knows what a name may be."""
        with pytest.raises(ValidationError, match="name"):
            Room(name=name).full_clean()

    def test_rooms_are_found_without_case(self) -> None:
        """`named` finds all rooms of the names that it is given, and no others."""
        one, other = make_room("One"), make_room("oTHER")
        make_room("third")
        assert set(Room.objects.named("ONE", "Other", "nobody")) == {one, other}
        assert not Room.objects.named()

    def test_a_search_by_name_uses_the_index(self) -> None:
        """Finding a room does not read all rooms."""
        assert "room_name_without_case" in Room.objects.named("one").explain()


class TestPassword:
    def test_a_new_room_is_open(self) -> None:
        """Without a password anything opens a room."""
        room = make_room(password=None)
        assert not room.guarded
        assert all(room.check_password(raw) for raw in (None, "", "anything", "\0"))

    def test_only_the_password_opens_a_guarded_room(self) -> None:
        """Neither case nor space nor a part of the password nor the hash itself will do."""
        room = make_room(password="secret123")
        assert room.guarded
        assert room.check_password("secret123")
        wrong = [None, "", "secret", "secret1234", "Secret123", " secret123", "secret123 ", room.password]
        assert not any(room.check_password(raw) for raw in wrong)

    @pytest.mark.parametrize("raw", ["secret123\0", "\0secret123", "secret123\0\0", "secret123\0more"])
    def test_a_nul_is_never_right(self, raw: str) -> None:
        """HMAC would take a password with NULs behind it for the password."""
        assert not make_room(password="secret123").check_password(raw)

    @pytest.mark.parametrize("raw", ["pässwörd", "🦊" * 32, " ", "x" * 1000, "a\nb"])
    def test_any_other_text_can_be_a_password(self, raw: str) -> None:
        """What was set opens the room, after the store has kept it."""
        make_room("one", raw)
        assert Room.objects.get(name="one").check_password(raw)

    def test_a_password_with_a_nul_cannot_be_set(self) -> None:
        """One that nobody could enter by is refused, and the room is as it was."""
        room = make_room(password="secret123")
        with pytest.raises(ValueError, match="NUL"):
            room.set_password("other\0")
        assert room.check_password("secret123")
        assert room.password_version == 1

    def test_the_store_never_has_it_in_clear_text(self, settings: Settings) -> None:
        """What is stored is a salted hash of Django's preferred hasher."""
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
        one, other = make_room("one", "secret123"), make_room("other", "secret123")
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM rooms_room")
            assert "secret123" not in repr(cursor.fetchall())
        assert identify_hasher(one.password).algorithm == "pbkdf2_sha256"
        assert one.password != other.password

    def test_each_change_has_a_version_of_its_own(self) -> None:
        """Setting, changing and removing a password count; saving a room does not, and does not hash again."""
        room = make_room(password=None)
        versions, hashes = [room.password_version], [room.password]
        for raw in ("one", "two", "two", None, ""):
            room.set_password(raw)
            room.save()
            versions.append(room.password_version)
            hashes.append(room.password)
        assert versions == [0, 1, 2, 3, 4, 5]
        assert len(set(hashes[1:4])) == 3
        assert hashes[0] == hashes[4] == hashes[5] == ""
        room.save()
        assert Room.objects.get(pk=room.pk).password_version == 5


def test_a_room_is_shown_by_its_title_or_else_its_name() -> None:
    """The title is for people and may be empty."""
    assert str(Room(name="lobby", title="The lobby")) == "The lobby"
    assert str(Room(name="lobby")) == "lobby"
    assert str(ReservedName(key="lobby")) == "lobby"


def test_each_room_numbers_in_an_epoch_of_its_own() -> None:
    """Two rooms, or one that was made again, never share an epoch."""
    one, other = make_room("one"), make_room("other")
    assert one.epoch == ""
    MessageSequence.objects.sync(one)
    MessageSequence.objects.sync(other)
    assert len({one.epoch, other.epoch, ""}) == 3


def test_numberings_and_messages_say_what_they_are() -> None:
    """In the admin's lists and in a debugger."""
    assert str(MessageSequence(room_id=3, last_seq=7)) == "3: 7"
    assert str(Message(room_id=3, seq=7)) == "3: 7"


def test_the_migrations_are_complete() -> None:
    """The models are what the migrations make of them."""
    call_command("makemigrations", "rooms", check=True, dry_run=True, verbosity=0)
