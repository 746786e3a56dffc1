"""The sentences of the first page that its script needs, in the language of the page."""

from django.utils.translation import gettext_lazy as _

WORDS = {
    "ok": _("Everything answers."),
    "store": _("The store cannot be reached: nobody gets into a room just now."),
    "layer": _("The channel layer cannot be reached: what is said reaches some people late."),
    "both": _("Neither the store nor the channel layer can be reached."),
    "behind": _("The server does not answer. These are its last figures."),
    "unknown": _("unknown"),
    "noPulse": _("no pulse"),
    "thisMachine": _("this machine"),
}
