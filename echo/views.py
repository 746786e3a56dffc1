"""The page to try the echo on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from echo.ui_text import WORDS


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """A small laboratory: what is sent, what comes back, how long it takes, and how a connection ends."""
    return render(request, "echo/echo.html", {"words": WORDS})
