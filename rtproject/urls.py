"""The root of all pages."""

from django.conf import settings
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path, re_path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from pulse.posts import agent_file, samples
from rtproject.api_documents import asyncapi, openapi
from rtproject.metrics import metrics
from rtproject.views import api, api_document, home, no_such_call, state

handler404 = "rtproject.views.not_found"
handler500 = "rtproject.views.server_error"

admin.site.site_title = admin.site.site_header = "rtproject admin"
admin.site.index_title = _("Rooms, people, machines and programs")

PAGES = {"pulse": "dashboard"}  # of apps whose pages are not below their own name

urlpatterns = [
    path("", home, name="home"),
    path("", include("rtproject.accounts")),
    path("state/", state, name="state"),
    # The admin's pages load it.
    path("favicon.ico", RedirectView.as_view(url=static("rtproject/favicon.svg"))),
    *(path(f"{PAGES.get(app, app)}/", include(f"{app}.urls")) for app in settings.APPS),
    path("metrics", metrics, name="metrics"),
    path("api/", api, name="api"),
    path("api/openapi.json", api_document, {"document": openapi}, name="openapi"),
    path("api/asyncapi.json", api_document, {"document": asyncapi}, name="asyncapi"),
    path("api/rooms/", include("rooms.api.urls")),
    path("api/pulse/samples", samples),
    path("api/pulse/agent.py", agent_file),
    re_path("^api/", no_such_call),
    path("admin/", admin.site.urls),
]
