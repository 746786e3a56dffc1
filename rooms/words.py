"""What a room's page says through its scripts, in the language of the page; see `words.js`."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from rooms.protocol import ErrorCode
from rtproject.websocket.close_codes import CloseCode

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# Why a password did not open a room.
REFUSALS: dict[int, "StrPromise"] = {
    CloseCode.FORBIDDEN: _("That is not the password of this room."),
    CloseCode.RATE_LIMITED: _("Too many wrong passwords. Wait a while before you try again."),
    CloseCode.UNAVAILABLE: _("The password cannot be checked just now. Try again in a moment."),
}

# What can be done when a connection ended with a code, beyond what the code means.
ADVICE: dict[int, "StrPromise"] = {
    CloseCode.FORBIDDEN: _("Give the password below, and you are in."),
    CloseCode.NOT_FOUND: _("There are other rooms to talk in."),
    CloseCode.KICKED: _("That is no ban: you may come back."),
    CloseCode.PASSWORD_CHANGED: _("Give the new one below to go on. Everything here is kept for you."),
    CloseCode.ROOM_FULL: _("You come in by yourself as soon as somebody leaves."),
    CloseCode.RATE_LIMITED: _("Just wait: this page comes back by itself."),
    CloseCode.TOO_SLOW: _("This page catches up by itself."),
    CloseCode.UNAVAILABLE: _("Just wait: this page comes back by itself."),
    CloseCode.CLOSED: _("You come in by yourself as soon as it is open again."),
}

ERRORS: dict[ErrorCode, "StrPromise"] = {
    "bad_frame": _("The server could not read this message."),
    "too_long": _("This message is too long."),
    "rate_limited": _("That was too much at once."),
    "unavailable": _("The server cannot be asked just now."),
    "id_used": _("Another message was already sent in its place. Send it again."),
}

ROOM_WORDS: dict[str, Any] = {
    "joining": _("Joining…"),
    "inside": _("You are in the room."),
    "advice": ADVICE,
    "errors": {**ERRORS, "other": _("The server did not take this.")},
    "delayed": _("{reason} Your message is sent again in a moment."),
    "tooMany": _("Too many of your messages wait to be sent. Send this one when they are through."),
    "badName": _("This name cannot be used here."),
    "status": {
        "sending": _("sending…"),
        "sent": _("sent"),
        "failed": _("not sent"),
        "unsent": _("perhaps not sent"),
    },
    "unsent": _("One of your messages was perhaps not sent."),
    "here": _("Here: {count}"),
    "hereBefore": _("Last seen here: {count}"),
    "unnamed": _("and others: {count}"),
    "below": _("New messages: {count}"),
    "toEnd": _("To the newest"),
    "said": _("{name}: {text}"),
    "saidMany": _("New messages: {count}, from {names}."),
    "others": _("others"),
    "password": {
        # How long to wait stands beside it, and is counted down.
        "refusals": {**REFUSALS, CloseCode.RATE_LIMITED: _("Too many wrong passwords.")},
        "wait": _("You can try again in {time}."),
        "again": _("You can try again now."),
        "unreachable": _("The server cannot be reached just now. Try again in a moment."),
        "stale": _("This page is too old to be answered. Reload it, and try again."),
    },
}
