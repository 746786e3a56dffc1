"""The page to try the echo."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from echo.ui_text import WORDS


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show what is sent and received, round trip times, and close codes."""
    return render(request, "echo/echo.html", {"words": WORDS})
