"""Who may see the pulse."""

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


def is_staff(user: AbstractBaseUser | AnonymousUser | None) -> bool:
    """Whether `user` is one whom the admin lets in."""
    return user is not None and user.is_active and bool(getattr(user, "is_staff", False))


def may_watch(user: AbstractBaseUser | AnonymousUser | None) -> bool:
    """Whether `user` may see the pulse: everybody may, and with PULSE_PUBLIC off only staff."""
    return settings.PULSE_PUBLIC or is_staff(user)
