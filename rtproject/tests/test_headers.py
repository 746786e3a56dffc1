"""The headers that every page carries."""

from urllib.request import ProxyHandler, build_opener

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import RequestFactory

from rtproject.headers import POLICY, content_security_policy


def answer(request):
    """A page."""
    return HttpResponse("a page")


async def answer_later(request):
    """A page of a view that is a coroutine."""
    return HttpResponse("a page")


def answer_with_own_policy(request):
    """A page that knows better."""
    return HttpResponse(headers={"Content-Security-Policy": "default-src 'self'"})


def test_a_page_may_use_nothing_but_this_server():
    """Scripts, styles and connections come from here; nothing inline, nothing from elsewhere, in no frame."""
    response = content_security_policy(answer)(RequestFactory().get("/"))
    policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert {policy[kind] for kind in ("script-src", "style-src", "connect-src", "form-action")} == {"'self'"}
    assert "unsafe" not in POLICY


async def test_a_page_of_a_coroutine_has_it_too():
    """Under ASGI the middleware stays a coroutine."""
    response = await content_security_policy(answer_later)(RequestFactory().get("/"))
    assert response["Content-Security-Policy"] == POLICY


def test_a_view_may_set_its_own():
    """A policy that is there is not replaced."""
    response = content_security_policy(answer_with_own_policy)(RequestFactory().get("/"))
    assert response["Content-Security-Policy"] == "default-src 'self'"


@pytest.mark.parametrize("path", ["/", "/admin/login/", "/no/such/page", "/echo", "/rooms/"])
@pytest.mark.django_db
def test_every_answer_carries_it(client, path):
    """Pages of ours, of the admin, errors and redirects."""
    response = client.get(path)
    assert response["Content-Security-Policy"] == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
def test_no_page_is_shown_in_a_frame(client):
    """Also by browsers that know nothing of policies; and a page that was opened from elsewhere is on its own."""
    response = client.get("/admin/login/")
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.django_db
@pytest.mark.parametrize("secure", [False, True])
def test_cookies_are_not_for_other_sites(client, settings, secure):
    """Neither is sent along by a foreign page, nor read by a script where it need not be, nor sent in the clear."""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = secure
    client.get("/admin/login/")
    get_user_model().objects.create_superuser("ada", password="secret123")
    client.post("/admin/login/?next=/", {"username": "ada", "password": "secret123"})
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        assert client.cookies[name]["samesite"] == "Lax"
        assert bool(client.cookies[name]["secure"]) is secure
    assert client.cookies[settings.SESSION_COOKIE_NAME]["httponly"]


def test_a_static_file_may_do_no_more_than_a_page(start_server):
    """A picture that is opened by itself could run scripts otherwise."""
    server = start_server()
    with build_opener(ProxyHandler({})).open(server.http_url("/static/rtproject/favicon.svg")) as response:
        assert response.headers["Content-Security-Policy"] == POLICY
        assert response.headers["X-Content-Type-Options"] == "nosniff"
