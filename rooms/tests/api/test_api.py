"""`rooms.api` in a process that serves rooms: every function, what it refuses, and from where it can be called."""

import threading
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DataError, connections, transaction
from django.utils.functional import lazystr
from django.utils.safestring import mark_safe

from rooms import api, posting
from rooms.access.loader import query_rooms
from rooms.history import writer
from rooms.models import Message, ReservedName
from rooms.tests.support import entered, keeping_room, layer_unavailable, make_room, set_password
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.lifecycle import note_server

pytestmark = pytest.mark.django_db(transaction=True)

new_room = sync_to_async(keeping_room)


async def test_a_message_is_stored_and_shown_as_of_a_program():
    """Its sender is no guest, no user, and the same one each time."""
    await new_room()
    async with entered("lobby") as ada:
        assert await api.apost_message("LOBBY", "hi", sender="Bot", id="7") == 1
        shown = await ada.next()
        sender = shown.pop("from")
        assert (shown["text"], shown["seq"], shown["id"]) == ("hi", 1, "7")
        assert {**sender, "id": ""} == {"id": "", "name": "Bot", "guest": False, "program": True}
        assert await api.apost_message("lobby", "hi", sender="Bot", id="7") == 1
        assert await api.apost_message("lobby", "again", sender="Bot") == 2
        assert (await ada.next())["from"] == sender
        async with entered("lobby") as late:
            assert (await late.next())["from"] == sender


async def test_an_id_belongs_to_its_sender_or_owner():
    await new_room()
    assert await api.apost_message("lobby", "hi", sender="Bot", id="7") == 1
    with pytest.raises(api.IdUsed):
        await api.apost_message("lobby", "ho", sender="Bot", id="7")
    assert await api.apost_message("lobby", "ho", sender="Other", id="7") == 2
    found = [await api.post("lobby", "ho", sender=name, id="7", owner="token:1") for name in ("Bot", "Other")]
    assert [(each.status.name, each.row and each.row.seq) for each in found] == [
        ("STORED", 3),
        ("REPEATED", 3),
    ]


async def test_a_notice_is_numbered_and_replayed():
    await new_room()
    async with entered("lobby") as ada:
        assert await api.apost_notice("lobby", "Tea") == 1
        shown = await ada.next()
        assert (shown["type"], shown["text"], shown["seq"]) == ("notice", "Tea", 1)
        async with entered("lobby") as late:
            assert await late.next() == shown


async def test_a_message_is_deleted_by_a_moderator_or_its_owner():
    await new_room()
    await api.post("lobby", "one", sender="Bot", owner="token:1")
    await api.apost_message("lobby", "two")
    for seq in (2, 3):
        with pytest.raises(PermissionError if seq == 2 else api.MessageNotFound):
            await api.adelete_message("lobby", seq, owner="token:1")
    async with entered("lobby", history="0") as ada:
        assert await api.adelete_message("lobby", 1, owner="token:1") == 3
        assert await ada.next() == {"type": "deleted", "seq": 3, "target": 1, "by": "author"}
        assert await api.adelete_message("lobby", 2) == 4
        assert await ada.next() == {"type": "deleted", "seq": 4, "target": 2, "by": "moderator"}
        with pytest.raises(api.MessageNotFound):
            await api.adelete_message("lobby", 2)
    with pytest.raises(api.MessageNotFound):
        await api.adelete_message("unlisted", 1)


@pytest.mark.parametrize("seq", [None, "1", 1.0])
async def test_what_is_no_number_deletes_nothing(seq):
    """It would fail in the midst of the messages of others, or be stored as the deletion of nothing."""
    await new_room()
    assert await api.apost_message("lobby", "hi") == 1
    with pytest.raises(TypeError):
        await api.adelete_message("lobby", seq)
    assert await Message.objects.aget() == await Message.objects.aget(text="hi")


@pytest.mark.parametrize("text", [mark_safe("hi"), lazystr("hi")], ids=["from a template", "translated"])
async def test_texts_of_django_are_texts(text):
    await new_room()
    async with entered("lobby", "site") as ada:
        assert await api.apost_message("lobby", text) == 1
        assert await api.apost_notice("lobby", text) == 2
        await api.asend_event("lobby", "said", {"text": text})
        message, notice, event = [await ada.next() for _ in range(3)]
        assert (message["text"], notice["text"], event["data"]) == ("hi", "hi", {"text": "hi"})
        with pytest.raises(TypeError):
            await api.asend_event("lobby", "said", object())


@pytest.mark.parametrize("room", ["lobby", "unlisted"])
async def test_what_is_not_stored_reaches_who_is_inside(room):
    """In a room without history nothing has a number."""
    await new_room()
    async with entered(room, "site") as ada, entered("other", "site") as bob:
        await api.asend_event(room, "build", {"ok": [True, None]})
        assert await ada.next() == {"type": "event", "event": "build", "data": {"ok": [True, None]}}
        assert [person.id for person in await api.amembers(room)] == [ada.welcome["you"]["id"]]
        if room == "unlisted":
            assert await api.apost_message(room, "hi") is await api.apost_notice(room, "Tea") is None
            hi, tea = await ada.next(), await ada.next()
            assert (hi["text"], tea["text"], "seq" in hi | tea) == ("hi", "Tea", False)
        await api.adisconnect(room, bob.welcome["you"]["id"])
        await api.adisconnect(room, ada.welcome["you"]["id"])
        assert await ada.code() == CloseCode.KICKED
        assert await bob.is_open()
        await api.adisconnect("other")
        assert await bob.code() == CloseCode.KICKED


TOO_LONG = "x" * 4097
REFUSED: dict[str, tuple[Any, ...]] = {
    "blank": (api.apost_message, " "),
    "a NUL": (api.apost_message, "a\0"),
    "too long": (api.apost_message, TOO_LONG),
    "a long notice": (api.apost_notice, TOO_LONG),
    "not JSON's size": (api.asend_event, "name", "x" * 16383),
    "a nameless event": (api.asend_event, "", 1),
    "an event's NUL": (api.asend_event, "a\0", 1),
    "no member's id": (api.adisconnect, ""),
    "a member's NUL": (api.adisconnect, "a\0"),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED.keys())
async def test_what_a_member_could_not_say_is_refused(call):
    function, *arguments = call
    with pytest.raises(ValueError, match=r"\."):
        await function("lobby", *arguments)


@pytest.mark.parametrize("sender", ["ROOT", "", "\u200b", "x" * 33])
async def test_a_sender_has_a_usable_name_that_is_no_user_s(sender):
    await User.objects.acreate(username="root")
    with pytest.raises(ValueError, match="name"):
        await api.apost_message("lobby", "hi", sender=sender)


async def test_a_room_that_nobody_may_enter_is_not_found(monkeypatch):
    await ReservedName.objects.acreate(key="gone")
    for name in ("gone", "no name", "x" * 65):
        with pytest.raises(api.RoomNotFound):
            await api.apost_message(name, "hi")
    monkeypatch.setattr(settings, "ROOMS_ALLOW_UNLISTED", False)
    with pytest.raises(api.RoomNotFound):
        await api.amembers("unlisted")


def test_inside_a_transaction_nothing_is_posted():
    """The number could be rolled back; the sentence names what to do."""
    keeping_room()
    for post in (api.post_message, async_to_sync(api.apost_message)):
        with transaction.atomic(), pytest.raises(RuntimeError, match=r"transaction\.on_commit"):
            post("lobby", "hi")
    with transaction.atomic():
        transaction.on_commit(lambda: api.post_message("lobby", "hi"))
    assert Message.objects.get().seq == 1


def fail(*_: Any, **__: Any) -> None:
    raise DataError("no store")


@pytest.mark.parametrize(
    ("room", "module", "name", "failing"),
    [
        ("lobby", api, "query_rooms", fail),
        ("lobby", writer, "store_messages", fail),
        ("unlisted", posting, "broadcast", layer_unavailable),
    ],
)
async def test_what_is_not_known_to_have_happened_is_unavailable(monkeypatch, room, module, name, failing):
    await new_room()
    note_server()
    monkeypatch.setattr(module, name, failing)
    with pytest.raises(api.Unavailable, match="out of reach"):
        await api.apost_message(room, "hi")


async def test_a_changed_password_does_not_refuse_a_program(monkeypatch):
    """The room is read again."""
    await sync_to_async(make_room)()
    stale: list[Any] = []

    def read_early(names: list[str]) -> Any:
        found = query_rooms(names)
        if not stale:
            stale.append(names)
            set_password("other")
        return found

    monkeypatch.setattr(api, "query_rooms", read_early)
    assert await api.apost_message("VIP", "hi") == 1


async def test_a_thread_of_the_server_without_a_loop_uses_the_server_s():
    """What is in the server's memory is found there."""
    await new_room()
    note_server()
    async with entered("lobby") as ada:
        found: list[Any] = []

        def work() -> None:
            found.extend((api.post_message("lobby", "hi"), len(api.members("lobby"))))
            api.send_event("lobby", "built", 1)
            connections.close_all()

        thread = threading.Thread(target=work)
        thread.start()
        assert [(await ada.next())["type"] for _ in range(2)] == ["message", "event"]
        await sync_to_async(thread.join, thread_sensitive=False)()
        assert found == [1, 1]


PAGE = Path(settings.BASE_DIR, "docs", "python_api.md").read_text()
EXAMPLE = PAGE.split("```python\n")[1].split("```")[0]


async def test_the_page_s_example_runs_as_it_is_printed():
    await new_room()
    note_server()
    async with entered("lobby") as ada:
        await sync_to_async(exec)(EXAMPLE, {})
        frames = [await ada.next() for _ in range(4)]
        assert [frame["type"] for frame in frames] == ["message", "notice", "event", "deleted"]
        assert await ada.code() == CloseCode.KICKED


def test_a_process_that_serves_nobody_prunes_what_it_posts(monkeypatch):
    keeping_room(history_size=2)
    monkeypatch.setattr(api, "PRUNE_EVERY", 4)
    monkeypatch.setattr("rooms.history.pruning.AGE", 0.0)
    for number in range(4):
        api.post_message("lobby", str(number))
    assert list(Message.objects.values_list("seq", flat=True)) == [3, 4]
