"""Who sees the dashboard page."""

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings


@pytest.fixture
def private(settings: Settings) -> None:
    settings.PULSE_PUBLIC = False


def get(client: Client, user: User | None = None) -> int:
    """The status of the dashboard for `user`."""
    if user is not None:
        client.force_login(user)
    return client.get(reverse("pulse:dashboard")).status_code


def test_the_dashboard_is_at_its_address() -> None:
    assert reverse("pulse:dashboard") == "/dashboard/"


def test_everybody_sees_the_dashboard(client: Client, db: None) -> None:
    response = client.get(reverse("pulse:dashboard"))
    assert response.status_code == 200
    assert "pulse/dashboard.html" in [template.name for template in response.templates]


def test_the_page_can_only_be_read(client: Client, db: None) -> None:
    assert client.post(reverse("pulse:dashboard")).status_code == 405


def test_with_pulse_public_off_strangers_are_sent_to_the_admins_login(
    client: Client, private: None, db: None
) -> None:
    response = client.get(reverse("pulse:dashboard"))
    assert response.status_code == 302
    assert response["Location"] == "/admin/login/?next=/dashboard/"


def test_with_pulse_public_off_a_user_who_is_not_staff_is_sent_there_too(
    client: Client, private: None, django_user_model: type[User], db: None
) -> None:
    assert get(client, django_user_model.objects.create_user("u")) == 302


def test_with_pulse_public_off_staff_sees_the_dashboard(
    client: Client, private: None, django_user_model: type[User], db: None
) -> None:
    assert get(client, django_user_model.objects.create_user("s", is_staff=True)) == 200


def test_the_page_knows_the_thresholds(client: Client, db: None) -> None:
    """The load's is for each core; of staleness there is no chart."""
    thresholds = client.get(reverse("pulse:dashboard")).context["thresholds"]
    assert thresholds["cpu"] == 90
    assert "silent" not in thresholds


def test_the_page_is_there_when_the_store_is_not(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is when somebody wants to see live figures; the charts have no thresholds then."""

    def fail() -> dict[str, float]:
        raise OperationalError

    monkeypatch.setattr("pulse.views.thresholds", fail)
    response = client.get(reverse("pulse:dashboard"))
    assert response.status_code == 200
    assert response.context["thresholds"] == {}
