"""The headers that every page carries."""

import pytest
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


@pytest.mark.parametrize("path", ["/", "/admin/login/", "/no/such/page", "/echo"])
@pytest.mark.django_db
def test_every_answer_carries_it(client, path):
    """Pages of ours, of the admin, errors and redirects."""
    response = client.get(path)
    assert response["Content-Security-Policy"] == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
