"""The tokens of programs, by their hashes, with the scopes that they have."""

import hashlib
import re
import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

SCOPES = "rooms:post, rooms:read, rooms:moderate (each also with :ROOM), metrics, pulse:HOST"
_SCOPE = re.compile(r"rooms:(post|read|moderate)(:[A-Za-z0-9_-]{1,64})?|metrics|pulse:\S.{0,254}")


def validate_scopes(text: str) -> None:
    """Raise ValidationError for a line that is no scope."""
    if wrong := [line for line in text.splitlines() if not _SCOPE.fullmatch(line)]:
        raise ValidationError(_("“{}” is no scope: use {}.").format(wrong[0][:80], SCOPES))


class Token(models.Model):
    """A token. Deleting its row revokes it at once, since each request looks for it.

    Its text is 32 random bytes, so the hash needs neither salt nor time.
    """

    name = models.CharField(
        _("name"),
        max_length=32,
        unique=True,
        validators=[RegexValidator(r"^[!-~]([ -~]*[!-~])?\Z", _("Use visible ASCII characters."))],
        help_text=_("The program that has it. Its messages are of this name, unless they give another."),
    )
    scopes = models.TextField(
        _("scopes"),
        validators=[validate_scopes],
        help_text=format_lazy(_("One in a line: {scopes}."), scopes=SCOPES),
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created = models.DateTimeField(_("created"), auto_now_add=True)

    text = ""  # of one that was just made

    class Meta:
        verbose_name, verbose_name_plural = _("token"), _("tokens")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save as Django does. A new token gets its `text`, which is not stored."""
        if not self.digest:
            self.text = secrets.token_urlsafe(32)
            self.digest = digest_of(self.text)
        super().save(*args, **kwargs)

    def allows(self, scope: str, of: str) -> bool:
        """Return whether it has `scope` for all, or for the room or host `of`, compared without case."""
        return not {scope, f"{scope}:{of.lower()}"}.isdisjoint(self.scopes.lower().splitlines())

    def subjects(self, scope: str) -> list[str]:
        """Return the rooms or hosts that it has `scope` for, one by one."""
        return [
            line.removeprefix(f"{scope}:")
            for line in self.scopes.splitlines()
            if line.startswith(f"{scope}:")
        ]


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
