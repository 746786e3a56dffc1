"""The sentences of the echo's page that its scripts need, in the language of the page."""

from django.utils.translation import gettext_lazy as _

WORDS = {
    "sent": _("sent"),
    "received": _("received"),
    "connection": _("connection"),
    "text": _("text, {characters} characters, {bytes} bytes"),
    "bytes": _("binary, {bytes} bytes"),
    "roundTrip": _("round trip {time}"),
    "unanswered": _("never answered"),
    "asText": _("as text: {text}"),
    "opened": _("Connected after {time}."),
    "closing": _("Closing with {code} …"),
    "closed": _("Closed; the code that came back is {code}."),
    "lost": _("The connection ended with {code}."),
    "summary": _("Round trips: {count}. Fastest {fastest}, median {median}, slowest {slowest}."),
    "noTrips": _("No round trips yet."),
    "badHex": _("Bytes are pairs of hexadecimal digits, such as 48 65 6c 6c 6f."),
    "badCode": _("A page may close with 1000, or with 3000 to 4999."),
    "badCount": _("From 1 to {most} times."),
    "notSent": _("There is no connection to send this on."),
}
