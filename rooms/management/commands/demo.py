"""`manage.py demo`: the two rooms of the lesson."""

from typing import Any

from django.core.management.base import BaseCommand

from rooms.models import Room

ROOMS = {"lobby": None, "VIP": "secret123"}


class Command(BaseCommand):
    """Makes what is missing, and sets right what is not as the lesson says. Running it again changes nothing."""

    help = "Makes the demo rooms: lobby (open) and VIP (its password is in the lesson)."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, password in ROOMS.items():
            room = Room.objects.named(name).first() or Room(name=name, title=name)
            unchanged = room.pk and (room.check_password(password) if password else not room.guarded)
            if not unchanged:
                room.set_password(password)
                room.save()
            self.stdout.write(f"room {room.name}: {'guarded' if room.guarded else 'open'}")
