"""The column that a room is found by."""

from typing import Any

from django.db import models

from rooms.names import room_key


class KeyField(models.CharField):
    """The `name` of a row as Python compares it, set whenever the row is written.

    The database's own `lower` depends on its locale: in a Turkish one `VIP` would be another name than `vip`, and a
    guarded room that is not found would be an open one.
    """

    def pre_save(self, model_instance: Any, add: bool) -> str:
        """Return the key of the name, whatever was there before."""
        model_instance.key = key = room_key(model_instance.name)
        return key
