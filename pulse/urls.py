"""The dashboard's page, and the data that it requests."""

from django.urls import path

from pulse.views import dashboard, events, samples

app_name = "pulse"
urlpatterns = [
    path("", dashboard, name="dashboard"),
    path("samples/", samples, name="samples"),
    path("events/", events, name="events"),
]
