"""Rules of entry of a site's own, for tests."""

import asyncio
from typing import Any

from django.contrib.auth.models import Group

from rooms.access.rules import RuledRoom


class Rules:
    """What a visitor may depends on the name; a group of the name is a ban."""

    async def may_enter(self, user: Any, room: RuledRoom) -> bool:
        """Raise, be late, or look into the store."""
        if user.username == "raises":
            raise RuntimeError("rules that raise")
        if user.username == "late":
            await asyncio.Event().wait()
        return room.name != "nobodys" and not await Group.objects.filter(name=user.username).aexists()

    async def may_say(self, user: Any, room: RuledRoom) -> bool:
        """Raise, or refuse one."""
        if user.username == "dubious":
            raise RuntimeError("rules that raise")
        return room.row is None or user.username != "mute"


class Mute:
    """A class that answers one of the two questions."""

    async def may_say(self, user: Any, room: RuledRoom) -> bool:
        """Let no one speak."""
        return False


class Neither:
    """No rules at all."""
