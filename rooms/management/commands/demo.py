"""`manage.py demo`: the two rooms of the README's examples."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from rooms.models import ReservedName, Room
from rooms.names import room_key

ROOMS = {"lobby": None, "VIP": "secret123"}


class Command(BaseCommand):
    help = "Makes the demo rooms: lobby (open) and VIP (its password is in the README)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--keep", action="store_true", help="leave rooms as they are, or deleted")

    def handle(self, *args: Any, keep: bool, **options: Any) -> None:
        for name, password in ROOMS.items():
            room = Room.objects.named(name).first() or Room(name=name, title=name)
            if keep and ReservedName.objects.filter(key=room_key(name)).exists():
                self.stdout.write(f"room {name}: deleted")
                continue
            if not room.pk or not (keep or (room.check_password(password) if password else not room.guarded)):
                room.set_password(password)
                room.save()
            self.stdout.write(f"room {room.name}: {'guarded' if room.guarded else 'open'}")
