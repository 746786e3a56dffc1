"""Tokens in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from rtproject.tokens.models import Token


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):
    """The list of tokens. A new one is shown once, by the answer to the form that made it."""

    list_display = ("name", "scopes", "created")
    search_fields = ("name", "scopes")

    def response_add(self, request: HttpRequest, obj: Token, post_url_continue: Any = None) -> HttpResponse:
        """Show the token. A redirect to a page with it would keep it in a cookie meanwhile."""
        context = {**self.admin_site.each_context(request), "title": obj, "token": obj}
        return TemplateResponse(request, "admin/tokens/token/made.html", context)
