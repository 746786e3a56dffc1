from django.urls import path

from rooms.views import room_list, room_page

app_name = "rooms"
urlpatterns = [
    path("", room_list, name="list"),
    path("<str:room>/", room_page, name="room"),
]
