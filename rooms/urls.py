from django.urls import path

from rooms.views import live_list, room_list, room_page

app_name = "rooms"
urlpatterns = [
    path("", room_list, name="list"),
    path(".live", live_list, name="live"),  # which no room can be called
    path("<str:room>/", room_page, name="room"),
]
