"""The site's own pages."""

import pytest
from django.urls import reverse


def test_home_says_what_is_here(client):
    """It links every page and names the three addresses as the visitor reaches them."""
    page = client.get("/", headers={"host": "localhost:8123"}).content.decode()
    for name in ("echo:page", "rooms:list", "pulse:dashboard", "admin:index"):
        assert f'href="{reverse(name)}"' in page
    for address in ("/echo", "/ws/&lt;room&gt;", "/stats"):
        assert f"ws://localhost:8123{address}<" in page


def test_over_https_the_addresses_are_secure(client):
    """A page that came over TLS names wss addresses."""
    assert "wss://testserver/echo<" in client.get("/", secure=True).content.decode()


@pytest.mark.parametrize("path", ["/no/such/page", "/favicon.png", "/ws/lobby"])
def test_an_unknown_page_is_a_page_of_ours(client, path):
    """A wrong address is answered with the way to the start; so is a browser that opens a WebSocket's."""
    response = client.get(path)
    assert response.status_code == 404
    assert 'href="/"' in response.content.decode()


def test_a_host_that_is_not_ours_is_answered_nothing(client):
    """ALLOWED_HOSTS holds for pages."""
    assert client.get("/", headers={"host": "elsewhere.test"}).status_code == 400


def test_the_icon_that_browsers_ask_for_is_there(client):
    """The admin's pages name no icon, so browsers ask for this one."""
    response = client.get("/favicon.ico")
    assert response.status_code == 302
    assert response["Location"].endswith("favicon.svg")
