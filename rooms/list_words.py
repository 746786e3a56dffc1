"""The sentences of the list of rooms that its script needs, in the language of the page."""

from django.utils.translation import gettext_lazy as _

WORDS = {
    "guarded": _("needs a password"),
    "open": _("open"),
    "closed": _("closed to newcomers"),
    "unknown": _("unknown"),
    "never": _("none yet"),
    "notKept": _("not kept"),
    "live": _("This list keeps itself up to date."),
    "behind": _("This list could not be brought up to date."),
}
