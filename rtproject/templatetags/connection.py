"""The text about the connection on every page with a WebSocket, in the language of the page."""

from django import template
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from rtproject.websocket.close_codes import as_json

# By the states of `socket.js`; the others are for connections that ended without a close code of ours.
WORDS = {
    "connecting": _("Connecting…"),
    "open": _("Connected."),
    "closing": _("Disconnecting…"),
    "closed": _("Disconnected."),
    "restarting": _("The server is restarting."),
    "lost": _("The connection was lost."),
    "blocked": _("The server can be reached, but a proxy, firewall or extension blocks WebSockets."),
    "retry": _("Trying again in {time}."),
    "retryNow": _("Trying again now."),
}

register = template.Library()


@register.simple_tag
def connection_text() -> SafeString:
    """Return a `<script>` element with the text and the close codes for `status.js`."""
    return json_script({"words": WORDS, "codes": as_json()}, "connection")
