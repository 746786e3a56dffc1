"""The pages of this app."""

from django.urls import path

from pulse.views import dashboard

app_name = "pulse"
urlpatterns = [path("", dashboard, name="dashboard")]
