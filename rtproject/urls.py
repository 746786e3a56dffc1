"""The root of all pages."""

from django.contrib import admin
from django.urls import include, path

from rtproject.views import home

urlpatterns = [
    path("", home, name="home"),
    path("echo/", include("echo.urls")),
    path("rooms/", include("rooms.urls")),
    path("dashboard/", include("pulse.urls")),
    path("admin/", admin.site.urls),
]
