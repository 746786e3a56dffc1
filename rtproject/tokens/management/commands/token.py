"""`manage.py token`: make, list and revoke the tokens of programs."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from rtproject.tokens.models import SCOPES, Token


class Command(BaseCommand):
    help = "Makes a token for a program, and prints it, this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        one = parser.add_mutually_exclusive_group(required=True)
        one.add_argument("name", nargs="?", help="the name of the program")
        one.add_argument("--list", action="store_true", help="print name, time and scopes of each token")
        one.add_argument("--revoke", metavar="NAME", help="make a token invalid at once")
        parser.add_argument("--scope", action="append", default=[], help=f"what it may do: {SCOPES}")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            for token in Token.objects.order_by("name"):
                scopes = " ".join(token.scopes.splitlines())
                self.stdout.write(f"{token.name}\t{token.created:%Y-%m-%d %H:%M}\t{scopes}")
        elif name := options["revoke"]:
            if not Token.objects.filter(name=name).delete()[0]:
                raise CommandError(f"There is no token {name}.")
            self.stdout.write(f"revoked {name}")
        else:
            token = Token(name=options["name"], scopes="\n".join(options["scope"]))
            try:
                token.full_clean(exclude=["digest"])
            except ValidationError as error:
                reasons = (f"{field}: {' '.join(each)}" for field, each in error.message_dict.items())
                raise CommandError(" ".join(reasons)) from None
            token.save()
            self.stdout.write(token.text)
