"""The headers that every page carries, and the home page."""

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from rtproject.http.headers import POLICY, content_security_policy


def test_a_page_may_use_only_this_server(client):
    """The policy allows nothing inline, nothing from elsewhere, and no frame."""
    policy = dict(part.split(" ", 1) for part in client.get("/")["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert {policy[kind] for kind in ("script-src", "style-src", "connect-src", "form-action")} == {"'self'"}
    assert "unsafe" not in POLICY


async def test_under_asgi_the_middleware_stays_a_coroutine():
    """A policy that a view sets is not replaced."""

    async def answer(request):
        return HttpResponse(headers={"Content-Security-Policy": "default-src 'self'"})

    response = await content_security_policy(answer)(RequestFactory().get("/"))
    assert response["Content-Security-Policy"] == "default-src 'self'"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/rooms/", 200),
        ("/login/", 200),
        ("/admin/login/", 200),
        ("/echo", 301),
        ("/favicon.ico", 302),
    ]
    + [(path, 404) for path in ("/no/such/page", "/favicon.png", "/ws/lobby")],
)
@pytest.mark.django_db
def test_every_answer_carries_them(client, path, status):
    """Pages of ours, of the admin, redirects, and errors, which lead to the start."""
    response = client.get(path)
    assert response.status_code == status
    assert response["Content-Security-Policy"] == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert status == 301 or response["X-Frame-Options"] == "DENY"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert status != 404 or 'href="/"' in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("secure", [False, True])
def test_cookies_stay_on_this_site(client, settings, secure):
    """They are SameSite, HttpOnly for the session, and Secure with HTTPS."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # which costs nothing
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = secure
    client.get("/admin/login/")
    get_user_model().objects.create_superuser("ada", password="secret123")
    client.post("/admin/login/?next=/", {"username": "ada", "password": "secret123"})
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        assert client.cookies[name]["samesite"] == "Lax"
        assert bool(client.cookies[name]["secure"]) is secure
    assert client.cookies[settings.SESSION_COOKIE_NAME]["httponly"]


def test_the_home_page_links_every_page_and_names_the_addresses(client):
    """The addresses have the host and scheme of the request; a foreign Host gets no page."""
    page = client.get("/", headers={"host": "localhost:8123"}).content.decode()
    for name in ("echo:page", "rooms:list", "pulse:dashboard", "admin:index"):
        assert f'href="{reverse(name)}"' in page
    for address in ("/echo", "/ws/&lt;room&gt;", "/stats"):
        assert f"ws://localhost:8123{address}<" in page
    assert "wss://testserver/echo<" in client.get("/", secure=True).content.decode()
    assert client.get("/", headers={"host": "elsewhere.test"}).status_code == 400
