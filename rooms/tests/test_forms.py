"""The forms, apart from the pages they stand on."""

from typing import Any

import pytest

from rooms.forms import PasswordForm, RoomForm
from rooms.models import Room
from rooms.tests.support import make_room


class TestPasswordForm:
    @pytest.mark.parametrize("raw", ["secret123", " secret123 ", " ", "pässwörd", "x" * 4096])
    def test_a_password_is_taken_as_it_is(self, raw: str) -> None:
        """Space at its ends is part of a password."""
        form = PasswordForm({"password": raw})
        assert form.is_valid()
        assert form.cleaned_data["password"] == raw

    @pytest.mark.parametrize("raw", ["", "x" * 4097, "secret123\0"])
    def test_what_no_password_can_be_is_invalid(self, raw: str) -> None:
        """Nothing, a NUL, and what is longer than any password are not even tried."""
        assert not PasswordForm({"password": raw}).is_valid()

    def test_it_never_shows_what_was_typed(self) -> None:
        """A form that comes back is empty."""
        assert "guess" not in PasswordForm({"password": "guess"}).as_p()


def filled(room: Room | None = None, **more: Any) -> RoomForm:
    """The form as an admin sends it, checked."""
    data = {"name": "VIP", "title": "", "history_size": 10, "member_limit": "", "new_password": ""}
    form = RoomForm(data | more, instance=room)
    form.is_valid()
    return form


@pytest.mark.django_db
class TestRoomForm:
    def test_a_password_is_set_once(self) -> None:
        """Saving the form hashes the new password and counts one change."""
        room = filled(new_password="secret123").save()
        assert room.check_password("secret123")
        assert room.password_version == 1

    def test_an_empty_field_keeps_the_password(self) -> None:
        """Changing something else leaves the hash alone."""
        room = make_room()
        before = (room.password, room.password_version)
        room = filled(room, title="The room").save()
        assert (room.password, room.password_version) == before

    def test_a_password_is_removed(self) -> None:
        """The box opens the room."""
        room = filled(make_room(), remove_password=True).save()
        assert not room.guarded
        assert room.password_version == 2

    def test_removing_none_changes_nothing(self) -> None:
        """An open room stays as it is."""
        room = filled(make_room(password=None), remove_password=True).save()
        assert room.password_version == 0

    def test_setting_and_removing_at_once_is_an_error(self) -> None:
        """Nobody has to guess which of both was meant."""
        form = filled(new_password="x", remove_password=True)
        assert not form.is_valid()
        assert form.non_field_errors() == ["Set a new password or remove it, not both."]

    @pytest.mark.parametrize(
        ("field", "value"),
        [("new_password", "a\0b"), ("new_password", "x" * 129), ("name", "a b"), ("name", "vip"), ("name", ""),
         ("history_size", -1), ("member_limit", -1)],
    )  # fmt: skip
    def test_wrong_values_are_errors(self, field: str, value: object) -> None:
        """A field that cannot be saved says so, and a name in another case is taken."""
        make_room("VIP")
        form = filled(None, **{"name": "new", field: value})
        assert not form.is_valid()
        assert len(form.errors) == 1
