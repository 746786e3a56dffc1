"""What agents post."""

import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from pytest_django import Settings

from pulse import posts
from pulse.models import AlertEvent, Host, Sample, Threshold
from pulse.protocol import decode
from pulse.storage import recorder
from pulse.storage.posts import store_post
from pulse.storage.store import store_samples
from pulse.tests.support import IDLE, INTERVAL, new_sample, store_failing, warnings
from rtproject.tokens.models import Token

pytestmark = pytest.mark.django_db

HOST = "web-9"


class Agent:
    """An agent that posts to a server inside this process; `shown` are the numbers of the published pulses."""

    def __init__(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self._client = client
        self.token = Token.objects.create(name="agent", scopes=f"pulse:{HOST}").text
        self.shown: list[int] = []
        monkeypatch.setattr(posts, "store_post", sync_to_async(store_post))
        monkeypatch.setattr(posts, "broadcast", self._broadcast)
        monkeypatch.setattr(recorder, "prune", self._prune)

    def send(self, body: Any, **headers: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"} | headers
        answer = self._client.post(
            "/api/pulse/samples", body, content_type="application/json", headers=headers
        )
        return answer.status_code, json.loads(answer.content)

    def post(self, *ages: float, ahead: float = 0.0, boot: str = "a", **more: Any) -> tuple[int, Any]:
        """Post samples of these ages in seconds, by a clock that is `ahead` of the server's."""
        now = time.time() + ahead
        figures = {name: more.pop(name) for name in list(more) if name in IDLE.__struct_fields__}
        samples = [msgspec.structs.replace(IDLE, at=now - age, **figures) for age in ages]
        return self.send(msgspec.json.encode({"boot": boot, "now": now, "samples": samples} | more))

    async def _broadcast(self, group: str, text: str, host: str, seq: int) -> None:
        assert (group, decode(text).host, host) == ("pulse", HOST, HOST)
        self.shown.append(seq)

    async def _prune(self) -> bool:
        return False


@pytest.fixture
def agent(client: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Agent:
    settings.PULSE_INTERVAL = INTERVAL
    posts._wrong_clocks.clear()
    return Agent(client, monkeypatch)


def seqs() -> list[int]:
    return list(Sample.objects.filter(host=HOST).order_by("seq").values_list("seq", flat=True))


def ticks(*ages: float) -> list[int]:
    return [int((time.time() - age) // INTERVAL) for age in ages]


def test_samples_are_numbered_by_the_servers_clock_and_the_answer_tells_it(agent: Agent) -> None:
    status, answer = agent.post(1, ahead=-500_000, host="web-1")
    assert (status, answer["interval"]) == (200, INTERVAL)
    assert abs(answer["now"] - time.time()) < 60
    assert seqs() == agent.shown
    assert seqs()[0] - ticks(1)[0] in (-1, 0)
    assert decode(Host.objects.get(name=HOST).frame).clock == pytest.approx(-500_000, abs=60)


def test_a_wrong_clock_is_logged_once(agent: Agent, caplog: pytest.LogCaptureFixture) -> None:
    for age in (20, 10):
        agent.post(age, ahead=-3600)
    (warning,) = warnings(caplog)
    assert warning.startswith(f"the clock of {HOST} is off by -36")


def test_late_samples_are_stored_without_being_shown_or_an_alert(agent: Agent) -> None:
    Threshold.objects.filter(metric="cpu").update(hold=0)
    assert agent.post(1200, 600, 3 * INTERVAL + 1, cpu=99.0)[0] == 200
    assert len(seqs()) == 3
    assert not agent.shown
    assert not AlertEvent.objects.exists()
    agent.post(1, cpu=99.0)
    assert len(agent.shown) == AlertEvent.objects.count() == 1


def test_the_first_sample_of_a_tick_counts(agent: Agent) -> None:
    now = time.time()
    store_samples([new_sample(HOST, now - 600, cpu=1.0), new_sample(HOST, now, cpu=2.0)])
    agent.post(600, cpu=9.0)
    agent.post(0.001, cpu=9.0)
    assert decode(Sample.objects.earliest("at").frame).cpu == 1.0
    # Old ones do not take a host back that another worker has brought forward.
    agent.post(300, cpu=9.0)
    assert Host.objects.get().at.timestamp() > now - 1


def test_a_second_machine_under_one_name_is_refused_and_shown(agent: Agent) -> None:
    agent.post(10)
    status, answer = agent.post(6, boot="b")
    assert (status, answer["error"]["code"]) == (409, "conflict")
    agent.post(1)
    assert decode(Host.objects.get().frame).conflict
    assert len(seqs()) == 2
    Host.objects.update(posted="2026-01-01T00:00:00Z")  # the first has ended
    assert agent.post(0, boot="b")[0] == 200


@pytest.mark.parametrize("ages", [(), (1,)])
def test_an_agent_says_that_it_stops(agent: Agent, ages: tuple[float, ...]) -> None:
    """Another machine may have its name at once, and its next post says that it is back."""
    agent.post(5)
    assert agent.post(*ages, stopping=True)[0] == 200
    assert Host.objects.get().stopped
    assert agent.post(0, boot="b")[0] == 200
    assert not Host.objects.get().stopped


@pytest.mark.parametrize(
    ("scopes", "status"), [("metrics", 403), ("pulse:a\npulse:b", 403), ("pulse:web-9\nmetrics", 200)]
)
def test_a_token_is_for_one_host(agent: Agent, scopes: str, status: int) -> None:
    agent.token = Token.objects.create(name="other", scopes=scopes).text
    assert agent.post(1)[0] == status


def test_a_wrong_token_is_401(agent: Agent) -> None:
    agent.token = "wrong"
    assert agent.post(1)[0] == 401


BAD = [
    b"{",
    b'{"boot": "a", "now": 1, "samples": [{}]}',
    b'{"boot": "", "now": 1, "samples": []}',
    b'{"boot": "a", "now": 1e999, "samples": []}',
    b'{"boot": "a", "now": 1, "samples": %s}'
    % msgspec.json.encode([{"cpu": 101.0, "at": 1.0, "interval": 5.0}]),
]


@pytest.mark.parametrize("body", BAD)
def test_a_body_that_is_none_is_400(agent: Agent, body: bytes) -> None:
    assert agent.send(body)[1]["error"]["code"] == "bad_request"


def test_ages_that_cannot_be_are_left_out(agent: Agent) -> None:
    assert agent.post(-5, 7300)[0] == 200
    assert seqs() == []


def test_without_the_store_it_is_503(agent: Agent) -> None:
    with store_failing():
        assert agent.post(1)[0] == 503


def test_the_agent_can_be_downloaded(client: Client) -> None:
    assert client.get("/api/pulse/agent.py").content == Path("pulse/agent.py").read_bytes()


def test_get_is_405(client: Client) -> None:
    assert client.get("/api/pulse/samples").status_code == 405
