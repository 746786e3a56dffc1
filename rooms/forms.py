"""The forms of this app: the password of a room, and a room in the admin."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rooms.models import Room


class PasswordForm(forms.Form):
    """The password of a room, entered by a visitor."""

    password = forms.CharField(
        max_length=4096, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class RoomForm(forms.ModelForm):
    """A room in the admin. Its password can be set, changed and removed, and is never shown."""

    new_password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave empty to keep it as it is. A new password disconnects everybody inside."),
    )
    remove_password = forms.BooleanField(
        label=_("Remove password"), required=False, help_text=_("Opens the room to everybody.")
    )

    class Meta:
        model = Room
        fields = ("name", "title", "history_size", "member_limit", "closed", "groups")
        widgets = {"groups": forms.CheckboxSelectMultiple}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("new_password") and cleaned.get("remove_password"):
            raise forms.ValidationError(_("Set a new password or remove it, not both."))
        return cleaned

    def save(self, commit: bool = True) -> Room:
        if self.cleaned_data["new_password"]:
            self.instance.set_password(self.cleaned_data["new_password"])
        elif self.cleaned_data["remove_password"] and self.instance.guarded:
            self.instance.set_password(None)
        room: Room = super().save(commit)
        return room
