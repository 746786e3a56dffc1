"""Receivers of signals: names are reserved and freed, every process reads a room again, the identity key is made."""

import secrets
from contextlib import suppress
from functools import partial
from typing import Any

from django.apps import apps as installed
from django.apps.registry import Apps
from django.db import transaction
from django.db.models.signals import post_delete, post_migrate, post_save, pre_delete, pre_save
from django.dispatch import receiver

from rooms.enforcement import announce
from rooms.models import NAME_IS_FINAL, MessageSequence, ReservedName, Room
from rooms.names import room_key
from rtproject.utils.db import limit_waiting


@receiver(pre_save, sender=Room)
def room_is_saved(instance: Room, using: str, update_fields: frozenset[str] | None, **_: Any) -> None:
    """Refuse a new name: the old one would be an open, unlisted room. Raises ValueError."""
    if update_fields is not None and "name" not in update_fields:
        return
    before = Room.objects.using(using).filter(pk=instance.pk).exclude(name=instance.name)
    if before.exists():
        raise ValueError(NAME_IS_FINAL)


@receiver(post_save, sender=Room)
def room_saved(instance: Room, created: bool, using: str, **_: Any) -> None:
    """Free the reserved name of a new room, and announce the change."""
    if created:
        ReservedName.objects.using(using).filter(key=room_key(instance.name)).delete()
    transaction.on_commit(partial(announce, instance.name), using=using)


@receiver(pre_delete, sender=Room)
def room_ends(instance: Room, using: str, **_: Any) -> None:
    """Lock the sequence, so that no message is stored that would outlive its room."""
    limit_waiting()
    MessageSequence.objects.using(using).select_for_update().filter(pk=instance.pk).first()


@receiver(post_delete, sender=Room)
def room_deleted(instance: Room, using: str, **_: Any) -> None:
    """Reserve the name of a deleted room: it would be an open, unlisted room otherwise."""
    ReservedName.objects.using(using).get_or_create(key=room_key(instance.name))
    transaction.on_commit(partial(announce, instance.name), using=using)


@receiver(post_migrate, sender=installed.get_app_config("rooms"))
def make_identity_key(using: str, apps: Apps = installed, **_: Any) -> None:
    """Make the key of members' ids, once: of processes that migrate together the first one's stays."""
    with suppress(LookupError):  # migrated back to before the first migration
        keys = apps.get_model("rooms", "IdentityKey")._default_manager.using(using)
        keys.get_or_create(pk=1, defaults={"value": secrets.token_hex(32)})
