"""The text that the script of the list of rooms shows, in the language of the page."""

from django.utils.translation import gettext_lazy as _

WORDS = {
    "guarded": _("needs a password"),
    "open": _("open"),
    "closed": _("closed to newcomers"),
    "unknown": _("unknown"),
    "never": _("none yet"),
    "notKept": _("not kept"),
    "live": _("Updated every 5 seconds."),
    "behind": _("The list could not be updated."),
}
