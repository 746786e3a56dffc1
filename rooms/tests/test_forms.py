"""The forms, apart from their pages."""

from typing import Any

import pytest

from rooms.forms import PasswordForm, RoomForm
from rooms.models import Room
from rooms.tests.support import make_room


@pytest.mark.parametrize("raw", [" secret123 ", " ", "pässwörd", "x" * 4096, "", "x" * 4097, "secret123\0"])
def test_a_password_is_taken_as_it_is_with_its_spaces(raw):
    form = PasswordForm({"password": raw})
    assert form.is_valid() is (0 < len(raw) <= 4096 and "\0" not in raw)
    assert form.cleaned_data.get("password") == (raw if form.is_valid() else None)
    assert raw not in form.as_p() or not raw.strip()


def filled(room: Room | None = None, **more: Any) -> RoomForm:
    """The form as an admin sends it, checked."""
    data = {"name": "VIP", "title": "", "history_size": 10, "member_limit": "", "new_password": ""}
    form = RoomForm(data | more, instance=room)
    form.is_valid()
    return form


@pytest.mark.django_db
class TestRoomForm:
    def test_a_password_is_set_kept_and_removed(self):
        room = None
        for fields, expected in (
            ({"new_password": "secret123"}, (True, 1)),
            ({"title": "The room"}, (True, 1)),
            ({"remove_password": True}, (False, 2)),
            ({"remove_password": True}, (False, 2)),
        ):
            room = filled(room, **fields).save()
            assert (room.guarded, room.password_version) == expected
            assert room.check_password("secret123")

    @pytest.mark.parametrize(
        "fields",
        [{"new_password": "x", "remove_password": True}, {"new_password": "a\0b"}, {"new_password": "x" * 129},
         {"name": "a b"}, {"name": "vip"}, {"name": ""}, {"history_size": -1}, {"member_limit": -1}],
    )  # fmt: skip
    def test_a_value_that_cannot_be_saved_is_one_error(self, fields):
        make_room("VIP")
        form = filled(**{"name": "new", **fields})
        assert not form.is_valid()
        assert len(form.errors) == 1
