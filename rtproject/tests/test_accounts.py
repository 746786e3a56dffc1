"""Login, logout and passwords of users, on the site's pages and the admin's."""

import re

import pytest
from django.contrib.auth.models import User
from django.core import mail

from rtproject import accounts, urls
from rtproject.tests.support.accessibility import assert_accessible
from rtproject.websocket.throttling.rates import Rate
from rtproject.websocket.throttling.shared import SharedWindow

pytestmark = pytest.mark.django_db
urlpatterns = [*urls.urlpatterns, *accounts.reset_urlpatterns]  # as with an EMAIL_URL
ADA = {"username": "ada", "password": "secret123"}
ELSEWHERE = [
    "//evil.test", "///evil.test", "\\\\evil.test", "/\\evil.test", "/\t/evil.test", "\t//evil.test", " //evil.test",
    "https://evil.test/", "https:///evil.test", "http:evil.test", "//testserver@evil.test", "ftp://testserver/",
    "javascript:alert(1)",
]  # fmt: skip
OVERHANG = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(autouse=True)
def _two_attempts(monkeypatch, settings):
    """No one has tried a password yet, and a hash costs nothing."""
    monkeypatch.setattr(accounts, "attempts", SharedWindow("tests", Rate(2, 60.0), [], "tests"))
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ada() -> User:
    """A user who is no staff."""
    return User.objects.create_user("ada", "ada@example.com", "secret123")


@pytest.mark.usefixtures("ada")
def test_every_page_shows_who_is_logged_in(client, django_assert_num_queries):
    """And leads those who are not to the login and back; to tell that needs no query."""
    with django_assert_num_queries(0):
        assert (
            '<a class="visitor" href="/login/?next=/echo/%3Fa">Log in'
            in client.get("/echo/?a").content.decode()
        )
    assert client.post("/login/?next=/echo/", ADA)["Location"] == "/echo/"
    for path in ("/", "/echo/", "/rooms/", "/dashboard/", "/password/", "/none/"):
        assert '<bdi id="visitor">ada</bdi>' in client.get(path).content.decode(), path
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/", {"next": "/rooms/"})["Location"] == "/rooms/"
    assert 'id="visitor"' not in client.get("/rooms/").content.decode()


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("path", ["/login/", "/logout/"])
@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_login_leads_to_another_site(client, path, target):
    """Neither by the address nor by the form; it leads home instead."""
    if path == "/logout/":
        client.post("/login/", ADA)
    for query, form in (({"next": target}, {}), ({}, {"next": target})):
        assert client.post(path, ADA | form, query_params=query)["Location"] == "/"


@pytest.mark.parametrize("path", ["/login/", "/admin/login/"])
def test_wrong_passwords_are_counted_for_each_address(client, ada, path):
    """After too many even the right one is refused, here and in the admin; the user name stays in the form."""
    for password in ("wrong", "wronger"):
        assert client.post(path, ADA | {"password": password}).status_code == 200
    for other in ("/login/", "/admin/login/"):
        answer = client.post(other, ADA)
        assert answer.status_code == 429
        assert "Too many attempts." in answer.content.decode()
        assert 'value="ada"' in answer.content.decode()
    assert client.post(path, ADA, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_right_passwords_are_not_counted(client, ada):
    for _ in range(3):
        assert client.post("/login/", ADA).status_code == 302


def test_the_admin_sends_everybody_to_this_login(client, ada):
    """Somebody who is no staff is told so there."""
    address = client.get("/admin/")["Location"]
    assert address == "/admin/login/?next=/admin/"
    assert client.post(address, ADA)["Location"] == "/admin/"
    assert "who may not see that page" in client.get("/admin/", follow=True).content.decode()


@pytest.mark.parametrize("page", ["/password/", "/admin/password_change/"])
def test_a_user_changes_the_password(client, ada, page):
    """With the old one, which cannot be guessed without an end."""
    client.force_login(ada)
    new = {"new_password1": "violet-77-lamp", "new_password2": "violet-77-lamp"}
    assert client.post(page, new | {"old_password": "secret123"}, follow=True).status_code == 200
    statuses = [client.post(page, new | {"old_password": "secret123"}).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert User.objects.get().check_password("violet-77-lamp")


def test_without_mail_nobody_resets_a_password(client):
    assert client.get("/password/reset/").status_code == 404
    assert "forgot" not in client.get("/login/").content.decode()


@pytest.mark.urls(__name__)
@pytest.mark.usefixtures("ada")
def test_a_password_is_reset_by_a_link_in_a_mail(client):
    """Once, and only so many mails are sent."""
    assert 'href="/password/reset/"' in client.get("/login/").content.decode()
    statuses = [client.post("/password/reset/", {"email": "ada@example.com"}).status_code for _ in range(3)]
    assert statuses == [302, 302, 429]
    assert len(mail.outbox) == 2
    (link,) = re.findall(r"http://testserver(/password/reset/\S+)", str(mail.outbox[0].body))
    form = client.get(client.get(link)["Location"]).request["PATH_INFO"]
    new = {"new_password1": "violet-77-lamp", "new_password2": "violet-77-lamp"}
    assert "Your password was set." in client.post(form, new, follow=True).content.decode()
    assert "used already" in client.get(link).content.decode()
    assert client.post("/login/", ADA | {"password": "violet-77-lamp"}).status_code == 302


async def test_people_log_in_and_out_in_a_browser(new_site, start_server, pages):
    """On a phone, by keyboard, and back where they came from; axe-core finds nothing on the way."""
    server = start_server(site=new_site())
    server.site.execute(
        "from django.contrib.auth.models import User; User.objects.create_user('W' * 150, password='secret123')"
    )
    page = await pages.new(base_url=server.http_url(), viewport={"width": 320, "height": 640})
    await page.goto("/rooms/lobby/")
    await page.click("a.visitor")
    await assert_accessible(page)
    for password in ("wrong", "secret123"):
        await page.fill("#id_username", "W" * 150)
        await page.fill("#id_password", password)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("[role=alert] li" if password == "wrong" else "#your-name")
        assert await page.evaluate(OVERHANG) == 0
        await assert_accessible(page)
    assert await page.inner_text("#your-name") == "W" * 150
    await page.click("#visitor")
    await page.wait_for_selector("#id_old_password")
    await assert_accessible(page)
    await page.click("text=Log out")
    await page.wait_for_selector("#id_username")
