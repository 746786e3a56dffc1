"""The text that the scripts of the pages of rooms show, in the language of the page."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from rooms.protocol import ErrorCode
from rtproject.websocket.close_codes import CloseCode

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# The errors of the password form.
REFUSALS: dict[int, "StrPromise"] = {
    CloseCode.FORBIDDEN: _("That is not the password of this room."),
    CloseCode.RATE_LIMITED: _("Too many wrong passwords. Wait a while before you try again."),
    CloseCode.UNAVAILABLE: _("The password cannot be checked right now. Try again in a moment."),
}

NOT_FOR_YOU = _("This room is not open to you. Perhaps it is, once you are logged in.")

# The reason for the end of a connection, by close code. A code's `meaning` is for developers.
ENDS: dict[int, "StrPromise"] = {
    CloseCode.FORBIDDEN: _("This room requires its password, or is not open to you."),
    CloseCode.NOT_FOUND: _("This room no longer exists."),
    CloseCode.BANNED: _("You are banned from this room."),
    CloseCode.KICKED: _("An admin disconnected you from this room."),
    CloseCode.PASSWORD_CHANGED: _("This room has a new password."),
    CloseCode.ROOM_FULL: _("This room is full."),
    CloseCode.RATE_LIMITED: _(
        "You or your network sent too many wrong passwords or messages, or have too many open pages."
    ),
    CloseCode.TOO_SLOW: _("Your connection was too slow for the messages in this room."),
    CloseCode.UNAVAILABLE: _("The server cannot let anybody in right now."),
    CloseCode.CLOSED: _("An admin closed this room to newcomers."),
    CloseCode.GOING_AWAY: _("The server or this room is restarting."),
}

# Advice for the same codes.
ADVICE: dict[int, "StrPromise"] = {
    CloseCode.FORBIDDEN: _("If it has a password, enter it below. Nothing on this page is lost."),
    CloseCode.NOT_FOUND: _("You can still read the messages here, or go to another room."),
    CloseCode.BANNED: _("You can still read the messages here, or go to another room."),
    CloseCode.KICKED: _("This is not a ban: you may come back."),
    CloseCode.PASSWORD_CHANGED: _("Enter it below to continue. Nothing on this page is lost."),
    CloseCode.ROOM_FULL: _("Leave this page open: you enter as soon as somebody leaves."),
    CloseCode.RATE_LIMITED: _("Close other pages of this site, or wait: this page reconnects by itself."),
    CloseCode.TOO_SLOW: _("This page reconnects by itself and loads the messages that you missed."),
    CloseCode.UNAVAILABLE: _("Wait a moment: this page reconnects by itself."),
    CloseCode.CLOSED: _("Leave this page open: you enter as soon as the room is open again."),
    CloseCode.GOING_AWAY: _("This page reconnects by itself."),
}

# The reason why nothing is sent after a code without a reconnect.
OBSTACLES: dict[int, "StrPromise"] = {
    CloseCode.FORBIDDEN: _("Not sent: enter the room's password first."),
    CloseCode.NOT_FOUND: _("Not sent: this room no longer exists."),
    CloseCode.BANNED: _("Not sent: you are banned from this room."),
    CloseCode.KICKED: _("Not sent: you are not in the room. Come back first."),
    CloseCode.PASSWORD_CHANGED: _("Not sent: enter the room's new password first."),
}

ERRORS: dict[ErrorCode, "StrPromise"] = {
    "bad_frame": _("The server could not read this message."),
    "too_long": format_lazy(
        _("This message is too long: at most {most} characters can be sent at once."),
        most=settings.ROOMS_MAX_TEXT,
    ),
    "rate_limited": _("These were too many messages at once."),
    "unavailable": _("The server is unavailable right now."),
    "forbidden": _("You may not do this."),
    "id_used": _("Another message was already sent in its place. Send it again."),
}

ROOM_TEXT: dict[str, Any] = {
    "joining": _("Joining…"),
    "inside": _("You are in the room."),
    "ends": ENDS,
    "advice": ADVICE,
    "obstacles": {**OBSTACLES, "other": _("Not sent: you are not in the room.")},
    "errors": {**ERRORS, "other": _("The server did not accept this.")},
    "delayed": _("{reason} Your message is sent again in a moment."),
    "tooMany": _("Too many of your messages are waiting. Send this one after them."),
    "badName": _("This name cannot be used here."),
    "status": {
        "waiting": _("waiting to be sent"),
        "sending": _("sending…"),
        "sent": _("sent"),
        "failed": _("not sent"),
        "refused": _("not sent"),
        "unsent": _("perhaps not sent"),
        "deleted": _("This message was deleted."),
    },
    "confirmDelete": _("Delete this message for everybody? It cannot be brought back."),
    "unsent": _("One of your messages was perhaps not sent."),
    "here": _("Here: {count}"),
    "hereBefore": _("Last seen here: {count}"),
    "unnamed": _("and others: {count}"),
    "ban": _("Ban {name}"),
    "below": _("New messages: {count}"),
    "belowNamed": _("New messages: {count}, with your name: {named}"),
    "denied": _("Your browser does not let this page notify you."),
    "toEnd": _("To the newest"),
    "said": _("{name}: {text}"),
    "noticed": _("Announcement: {text}"),
    "typing": _("Writing: {names}"),
    "notThere": _("The message that this address names is not kept."),
    "notKept": _("Older messages were not kept."),
    "saidMany": _("New messages: {count}, from {names}."),
    "others": _("others"),
    "password": {
        # The time to wait is shown next to it, and counted down.
        "refusals": {**REFUSALS, CloseCode.RATE_LIMITED: _("Too many wrong passwords.")},
        "wait": _("You can try again in {time}."),
        "again": _("You can try again now."),
        "unreachable": _("The server cannot be reached right now. Try again in a moment."),
        "stale": _("This page is out of date. Reload it and try again."),
        "cookies": _("Your browser blocks this site's cookies. Allow them: no password lets you in without."),
    },
}


LIST_TEXT = {
    "unknown": _("unknown"),
    "never": _("no messages yet"),
    "notKept": _("keeps no messages"),
    "unread": _("New: {count}"),
    "live": _("Updated every 5 seconds."),
    "behind": _("The list could not be updated."),
}
