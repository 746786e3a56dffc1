"""The forms, apart from their pages."""

import pytest

from rooms.forms import PasswordForm


@pytest.mark.parametrize("raw", [" secret123 ", " ", "pässwörd", "x" * 4096, "", "x" * 4097, "secret123\0"])
def test_a_password_is_taken_as_it_is_with_its_spaces(raw):
    form = PasswordForm({"password": raw})
    assert form.is_valid() is (0 < len(raw) <= 4096 and "\0" not in raw)
    assert form.cleaned_data.get("password") == (raw if form.is_valid() else None)
    assert raw not in form.as_p() or not raw.strip()
