"""The text that the scripts of the echo's page show, in the language of the page."""

from django.utils.translation import gettext_lazy as _

WORDS = {
    "sent": _("sent"),
    "received": _("received"),
    "connection": _("connection"),
    "text": _("text, {characters} characters, {bytes} bytes"),
    "bytes": _("binary, {bytes} bytes"),
    "roundTrip": _("round trip {time}"),
    "unanswered": _("no answer"),
    "asText": _("as text: {text}"),
    "opened": _("Connected after {time}."),
    "closing": _("Closing with {code}…"),
    "closed": _("Closed. The server answered with code {code}."),
    "lost": _("The connection ended with {code}."),
    "summary": _("Round trips: {count}. Fastest {fastest}, median {median}, slowest {slowest}."),
    "noTrips": _("No round trips yet."),
    "badHex": _("Bytes are pairs of hexadecimal digits, such as 48 65 6c 6c 6f."),
    "badCode": _("A page may close with 1000, or with 3000 to 4999."),
    "badCount": _("Enter a number from 1 to {most}."),
    "notSent": _("Not sent: there is no connection."),
}
