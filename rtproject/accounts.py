"""Login, logout and the passwords of users: Django's own views, with a limit of wrong passwords."""

import threading
from contextlib import suppress
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth import views
from django.contrib.messages.views import SuccessMessageMixin
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse_lazy
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from rooms.access.hash_queue import HASHES_AT_ONCE
from rtproject.websocket.addresses import request_address
from rtproject.websocket.throttling.shared import SharedWindow

attempts = SharedWindow(
    "attempts", settings.ROOMS_PASSWORD_ATTEMPTS, settings.REDIS_URLS, settings.REDIS_PREFIX
)

# A page's thread computes its hash, and leaves the interpreter to the event loop meanwhile; but not the processor.
_hashes, TURN_SECONDS = threading.BoundedSemaphore(HASHES_AT_ONCE), 5.0


def visitor(request: HttpRequest) -> dict[str, object]:
    """Template context: the user who is logged in, or None. Without a session it costs no query."""

    def find() -> object:
        with suppress(Error):  # the page is shown without the store, too
            has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
            return request.user if has_session and request.user.is_authenticated else None
        return None

    return {"visitor": SimpleLazyObject(find)}


class Attempts(SuccessMessageMixin, FormView):
    """A form that counts as a wrong password of its sender's address unless it succeeds."""

    template_name = "account.html"
    success_url = reverse_lazy("login")
    counts_successes = False

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer 429 after too many. It counts before a hash begins, so a burst gets no more of them."""
        key = (type(self).__name__, request_address(request))
        if not (async_to_sync(attempts.take)(key) and _hashes.acquire(timeout=TURN_SECONDS)):
            given = self.get_form_kwargs() | {"data": None, "files": None, "initial": request.POST.dict()}
            context = self.get_context_data(form=self.get_form_class()(**given), throttled=True)
            return self.render_to_response(context, status=429)
        try:
            response: HttpResponse = super().post(request, *args, **kwargs)
        finally:
            _hashes.release()
        if response.status_code == 302 and not self.counts_successes:
            async_to_sync(attempts.give_back)(key)
        return response


class Login(Attempts, views.LoginView):
    extra_context = {"title": _("Log in")}


class Change(Attempts, views.PasswordChangeView):
    success_url = reverse_lazy("home")
    success_message = _("Your password was changed.")


class Reset(Attempts, views.PasswordResetView):
    success_message = _("If an account has this address, a mail with a link was sent to it.")
    counts_successes = True  # of mails


class Confirm(Attempts, views.PasswordResetConfirmView):
    success_message = _("Your password was set. Log in with it.")


urlpatterns = [
    path("login/", Login.as_view(), name="login"),
    path("admin/login/", Login.as_view(next_page="admin:index")),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path("password/", Change.as_view(), name="password_change"),
    path("admin/password_change/", Change.as_view(success_url=reverse_lazy("admin:index"))),
]
reset_urlpatterns = [
    path("password/reset/", Reset.as_view(), name="password_reset"),
    path("password/reset/<uidb64>/<token>/", Confirm.as_view(), name="password_reset_confirm"),
]
if settings.MAIL[0]:  # its host
    urlpatterns += reset_urlpatterns
