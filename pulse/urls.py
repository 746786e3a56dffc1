"""The pages of this app, and what they read."""

from django.urls import path

from pulse.data_views import events, samples
from pulse.views import dashboard

app_name = "pulse"
urlpatterns = [
    path("", dashboard, name="dashboard"),
    path("samples/", samples, name="samples"),
    path("events/", events, name="events"),
]
