"""The list of rooms, as a page without JavaScript and as the data that its script asks for."""

import json

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from rooms import listing
from rooms import views as list_views
from rooms.listing import RoomList
from rooms.tests.support import entered, make_room

pytestmark = pytest.mark.django_db(transaction=True)

LIVE = "/rooms/.live"


class TestPage:
    def test_it_shows_the_listed_rooms(self, client: Client) -> None:
        """Each room is a link; whether it is guarded or closed stands beside it."""
        make_room("VIP", title="The <b>VIPs</b>", closed=True)
        make_room("lobby", None)
        page = client.get("/rooms/").content.decode()
        assert 'href="/rooms/VIP/"' in page
        assert 'href="/rooms/lobby/"' in page
        assert "The &lt;b&gt;VIPs&lt;/b&gt;" in page
        assert page.count('<span class="tag">needs a password</span>') == 1
        assert page.count('<span class="tag">closed to newcomers</span>') == 1
        assert page.count('<span class="tag">open</span>') == 1

    def test_without_rooms_it_says_so(self, client: Client) -> None:
        """An empty list is not an empty page."""
        assert '<p id="no-rooms">' in client.get("/rooms/").content.decode()

    def test_it_says_how_many_rooms_it_does_not_show(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """They can be gone to by their names."""
        monkeypatch.setattr(listing, "MAX_LISTED", 1)
        make_room("one")
        assert '<p class="muted" id="more" hidden>' in client.get("/rooms/").content.decode()
        make_room("two")
        make_room("three")
        page = client.get("/rooms/").content.decode()
        assert '<p class="muted" id="more">' in page
        assert '<span id="more-count">2</span>' in page

    @pytest.mark.parametrize("name", ["VIP", " elsewhere "])
    def test_a_name_leads_to_its_room(self, client: Client, name: str) -> None:
        """The form on the page goes to any room, listed or not."""
        answer = client.get("/rooms/", {"name": name})
        assert (answer.status_code, answer["Location"]) == (302, f"/rooms/{name.strip()}/")

    @pytest.mark.parametrize("name", ["a b", "../admin", "//elsewhere.test", "x" * 65, "ä", "\0", "<b>"])
    def test_what_is_no_name_leads_nowhere(self, client: Client, name: str) -> None:
        """The list comes back and says that no room can have this name, without any markup in it."""
        page = client.get("/rooms/", {"name": name}).content.decode()
        assert "No room can have this name." in page
        assert "<b>" not in page

    def test_without_the_store_there_is_still_a_way_into_a_room(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The page says what it cannot do, and has its form; it does not say that there are no rooms."""

        async def dark() -> RoomList:
            return RoomList()

        monkeypatch.setattr(list_views, "current_room_list", dark)
        answer = client.get("/rooms/")
        page = answer.content.decode()
        assert answer.status_code == 503
        assert "The list of rooms cannot be read right now." in page
        assert 'id="no-rooms" hidden' in page
        assert 'id="open-form"' in page
        assert (client.get(LIVE).status_code, client.get(LIVE).content) == (204, b"")

    @pytest.mark.parametrize("path", ["/rooms/", LIVE])
    def test_it_is_only_read(self, client: Client, path: str) -> None:
        """There is nothing to send to the list."""
        assert client.post(path, {"name": "VIP"}).status_code == 405


class TestLive:
    async def test_it_tells_what_a_stranger_may_know(self, async_client: AsyncClient) -> None:
        """How many are in a guarded room too, but of nobody who they are, and nothing of a hash."""
        room = await sync_to_async(make_room)("VIP", title="The VIPs")
        async with entered("VIP", name="Somebody", **{"pass": "secret123"}):
            answer = await async_client.get(LIVE)
        assert answer.json()["rooms"] == [
            {
                "name": "VIP",
                "title": "The VIPs",
                "guarded": True,
                "closed": False,
                "keeps": True,
                "last_at": None,
                "members": 1,
            }
        ]
        text = answer.content.decode()
        assert not any(secret in text for secret in ("Somebody", "secret123", room.password))

    def test_it_is_sent_again_only_if_it_has_changed(self, client: Client) -> None:
        """A browser that has it is told so, and nothing else."""
        make_room("lobby", None)
        first = client.get(LIVE)
        assert (first.status_code, first["Cache-Control"]) == (200, "no-cache")
        again = client.get(LIVE, headers={"if-none-match": first["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        make_room("another", None)
        changed = client.get(LIVE, headers={"if-none-match": first["ETag"]})
        assert changed.status_code == 200
        assert [room["name"] for room in json.loads(changed.content)["rooms"]] == ["another", "lobby"]

    def test_it_is_the_same_for_everybody(self, client: Client, admin_client: Client) -> None:
        """So it needs no session, and any cache may compare it."""
        make_room("lobby", None)
        asked, asked_by_admin = client.get(LIVE), admin_client.get(LIVE)
        assert asked.content == asked_by_admin.content
        assert "Cookie" not in asked_by_admin.headers.get("Vary", "")
        assert not asked.cookies
