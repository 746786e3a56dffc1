"""`manage.py say <room> <text>`: says something into a room, from a shell or a cron job."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rooms.api import RoomNotFound, Unavailable, post_message


class Command(BaseCommand):
    help = "Says something into a room."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("room")
        parser.add_argument("text", nargs="+", help="words, joined by spaces")
        parser.add_argument("--sender", default="program", help="the name that members see")

    def handle(self, *args: Any, room: str, text: list[str], sender: str, **options: Any) -> None:
        try:
            seq = post_message(room, " ".join(text), sender=sender)
        except (RoomNotFound, Unavailable, ValueError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write("said" if seq is None else f"said as number {seq}")
