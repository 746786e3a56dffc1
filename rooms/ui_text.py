"""The sentences that the pages of rooms need in their scripts, in the language of the page."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.text import format_lazy
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

# What has happened when a connection ended with a code. Its `meaning` is for those who write programs.
ENDS: dict[int, "StrPromise"] = {
    CloseCode.FORBIDDEN: _("This room asks for its password."),
    CloseCode.NOT_FOUND: _("This room does not exist any more."),
    CloseCode.KICKED: _("An admin sent you out of this room."),
    CloseCode.PASSWORD_CHANGED: _("This room has a new password."),
    CloseCode.ROOM_FULL: _("This room is full."),
    CloseCode.RATE_LIMITED: _(
        "Too much came from you or your network: wrong passwords, open pages or messages."
    ),
    CloseCode.TOO_SLOW: _("Your connection was too slow for all that was said here."),
    CloseCode.UNAVAILABLE: _("The server cannot let anybody in just now."),
    CloseCode.CLOSED: _("An admin closed this room to newcomers."),
    CloseCode.GOING_AWAY: _("The server, or this room, is starting anew."),
}

# What can be done about it.
ADVICE: dict[int, "StrPromise"] = {
    CloseCode.FORBIDDEN: _("Give it below, and you are in. Everything here is kept for you."),
    CloseCode.NOT_FOUND: _("You can still read what is here, and talk in other rooms."),
    CloseCode.KICKED: _("That is no ban: you may come back."),
    CloseCode.PASSWORD_CHANGED: _("Give it below to go on. Everything here is kept for you."),
    CloseCode.ROOM_FULL: _("Leave this page open: you come in as soon as somebody leaves."),
    CloseCode.RATE_LIMITED: _("Close other pages of this site, or just wait: this one comes back by itself."),
    CloseCode.TOO_SLOW: _("This page comes back by itself, and brings what you have missed."),
    CloseCode.UNAVAILABLE: _("Just wait: this page comes back by itself."),
    CloseCode.CLOSED: _("Leave this page open: you come in as soon as it is open again."),
    CloseCode.GOING_AWAY: _("This page comes back by itself."),
}

# Why nothing is sent after a code that this page does not come back from by itself.
OBSTACLES: dict[int, "StrPromise"] = {
    CloseCode.FORBIDDEN: _("Not sent: give the room's password first."),
    CloseCode.NOT_FOUND: _("Not sent: this room does not exist any more."),
    CloseCode.KICKED: _("Not sent: you are not in the room. Come back first."),
    CloseCode.PASSWORD_CHANGED: _("Not sent: give the room's new password first."),
}

ERRORS: dict[ErrorCode, "StrPromise"] = {
    "bad_frame": _("The server could not read this message."),
    "too_long": format_lazy(
        _("This message is too long: at most {most} characters can be sent at once."),
        most=settings.ROOMS_MAX_TEXT,
    ),
    "rate_limited": _("That was too much at once."),
    "unavailable": _("The server cannot be asked just now."),
    "id_used": _("Another message was already sent in its place. Send it again."),
}

ROOM_TEXT: dict[str, Any] = {
    "joining": _("Joining…"),
    "inside": _("You are in the room."),
    "ends": ENDS,
    "advice": ADVICE,
    "obstacles": {**OBSTACLES, "other": _("Not sent: you are not in the room.")},
    "errors": {**ERRORS, "other": _("The server did not take this.")},
    "delayed": _("{reason} Your message is sent again in a moment."),
    "tooMany": _("Too many of your messages wait to be sent. Send this one when they are through."),
    "badName": _("This name cannot be used here."),
    "status": {
        "waiting": _("waiting to be sent"),
        "sending": _("sending…"),
        "sent": _("sent"),
        "failed": _("not sent"),
        "refused": _("not sent"),
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


LIST_TEXT = {
    "guarded": _("needs a password"),
    "open": _("open"),
    "closed": _("closed to newcomers"),
    "unknown": _("unknown"),
    "never": _("none yet"),
    "notKept": _("not kept"),
    "live": _("This list keeps itself up to date."),
    "behind": _("This list could not be brought up to date."),
}
