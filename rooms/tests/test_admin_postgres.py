"""Admins who save one room at the same time, on a real PostgreSQL: SQLite has one writer and no such moment."""

from rtproject.tests.support.fixtures import NewSite

# The first admin has not committed yet when the second one's form is sent, and does so once that one has to wait.
SAVE_TOGETHER = """
import time
from threading import Thread
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from rooms.models import Room

first, second = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
for client in (first, second):
    client.force_login(User.objects.get_or_create(username="admin", is_staff=True, is_superuser=True)[0])
room = Room.objects.get(name="VIP")

def send(client, **fields):
    data = {"title": room.title, "history_size": 1000, "member_limit": "", "new_password": ""}
    assert client.post(f"/admin/rooms/room/{room.pk}/change/", data | fields).status_code == 302

def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None

other = Thread(target=send, args=(second,), kwargs={"title": "the second's"})
with transaction.atomic():
    send(first, new_password="the-first's")
    other.start()
    while other.is_alive() and not somebody_waits():
        time.sleep(0.01)
    assert other.is_alive()
other.join()
room.refresh_from_db()
print(room.check_password("the-first's"), room.title)
"""


def test_a_new_password_is_not_undone_by_another_admin_who_saves_at_the_same_time(
    new_site: NewSite, database_url: str
) -> None:
    """The second waits for the first, reads the room as it then is, and changes what it was sent for."""
    site = new_site(DATABASE_URL=database_url)
    assert site.execute(SAVE_TOGETHER) == "True the second's\n"
