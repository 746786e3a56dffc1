from django.urls import path

from echo.views import page

app_name = "echo"
urlpatterns = [path("", page, name="page")]
