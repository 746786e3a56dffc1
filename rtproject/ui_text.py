"""The text that the scripts of the site's own pages show, in the language of the page."""

from django.utils.translation import gettext_lazy as _

WORDS = {
    "ok": _("The database and the channel layer respond."),
    "store": _("The database cannot be reached: no one can enter a room right now."),
    "layer": _("The channel layer cannot be reached: messages reach some people late."),
    "both": _("Neither the database nor the channel layer can be reached."),
    "behind": _("The server does not respond. These are its last figures."),
    "unknown": _("unknown"),
    "noPulse": _("no pulse"),
    "thisMachine": _("this machine"),
}

API_TEXT = {"waiting": _("Waiting for the answer…"), "failed": _("The server does not respond.")}
