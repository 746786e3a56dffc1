"""Processes of their own that compute password hashes."""

import base64
import hashlib
import os
import signal
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from rooms import hash_process
from rooms.hash_child import NICENESS
from rooms.hash_process import HashProcess, HashProcesses
from rooms.tests.support import PATIENCE

QUESTION = ("sha256", "secret123", "salt", 1000)
ANSWER = base64.b64encode(hashlib.pbkdf2_hmac("sha256", b"secret123", b"salt", 1000)).decode()


@pytest.fixture(params=[False, True], ids=["with a share", "leisurely"])
def processes(request: pytest.FixtureRequest) -> Iterator[HashProcesses]:
    """Some of either kind, ended with the test."""
    processes = HashProcesses(leisurely=request.param)
    yield processes
    processes.end()


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may leave nothing to those who take what is left."""
    monkeypatch.setattr(hash_process, "LEAST_SHARE", 0.0)
    monkeypatch.setattr(hash_process, "LEISURE_SECONDS", PATIENCE)


def children() -> list[psutil.Process]:
    """The processes that compute hashes for this one."""
    mine = psutil.Process().children()
    return [child for child in mine if any("hash_child" in part for part in child.cmdline())]


def started_by(processes: HashProcesses) -> psutil.Process:
    """The process that `processes` has made for a first question."""
    before = set(children())
    assert processes.derive(*QUESTION) == ANSWER
    (child,) = set(children()) - before
    return child


def test_one_process_serves_one_caller_after_the_other(processes: HashProcesses) -> None:
    """It is started once."""
    child = started_by(processes)
    before = children()
    assert processes.derive(*QUESTION) == ANSWER
    assert children() == before
    assert child.is_running()


def test_callers_at_one_time_have_a_process_each(processes: HashProcesses) -> None:
    """Neither waits for the other."""
    before = len(children())
    threads = [threading.Thread(target=processes.derive, args=("sha256", "x", "salt", 200_000)) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(children()) == before + 2


def test_one_that_was_killed_is_replaced(processes: HashProcesses) -> None:
    """Nobody notices."""
    os.kill(started_by(processes).pid, signal.SIGKILL)
    assert processes.derive(*QUESTION) == ANSWER


@pytest.mark.parametrize("raw", ["secret123", "x" * 1_000_000])
def test_one_that_stands_still_is_killed(
    processes: HashProcesses, raw: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it takes the question, or does not even read it to its end. Nothing of it is left, and others go on."""
    child = started_by(processes)
    child.suspend()
    with monkeypatch.context() as hasty:
        hasty.setattr(hash_process, "LOOK_SECONDS", 0.01)
        hasty.setattr(hash_process, "ANSWER_SECONDS", 0.05)
        hasty.setattr(hash_process, "LEISURE_SECONDS", 0.05)
        with pytest.raises(TimeoutError):
            processes.derive("sha256", raw, "salt", 1000)
    assert not child.is_running()
    assert processes.derive(*QUESTION) == ANSWER


class TestLeisure:
    @pytest.fixture
    def leisurely(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[HashProcesses]:
        """One that takes what is left, looked at often."""
        processes = HashProcesses(leisurely=True)
        started_by(processes)
        monkeypatch.setattr(hash_process, "LEAST_SHARE", 0.25)
        monkeypatch.setattr(hash_process, "LOOK_SECONDS", 0.01)
        yield processes
        processes.end()

    def test_without_any_it_is_given_up_at_once(
        self, leisurely: HashProcesses, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Not only when the time for an answer is over."""
        monkeypatch.setattr(HashProcess, "_processor_seconds", lambda self: 0.0)
        with pytest.raises(TimeoutError):
            leisurely.derive("sha256", "x", "salt", 100_000_000)

    def test_with_enough_it_may_take_its_time(
        self, leisurely: HashProcesses, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Many looks find it at work."""
        monkeypatch.setattr(HashProcess, "_processor_seconds", lambda self: time.monotonic())
        assert leisurely.derive("sha256", "x", "salt", 500_000)

    def test_one_with_a_share_is_not_measured(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It may be slow: there is nothing better."""
        monkeypatch.setattr(HashProcess, "_processor_seconds", lambda self: 0.0)
        monkeypatch.setattr(hash_process, "LOOK_SECONDS", 0.01)
        with_a_share = HashProcesses(leisurely=False)
        assert with_a_share.derive("sha256", "x", "salt", 500_000)
        with_a_share.end()

    def test_what_it_has_used_is_its_own(self) -> None:
        """Measured on the child, in seconds; nothing when it has ended."""
        process = HashProcess(leisurely=True)
        process.derive("sha256", "x", "salt", 200_000)
        assert 0.0 < process._processor_seconds() < PATIENCE
        process.end()
        assert process._processor_seconds() == 0.0


def test_an_interrupt_from_the_keyboard_is_not_for_it(processes: HashProcesses) -> None:
    """A terminal sends it to the server's process group, and the server may still need a hash."""
    assert os.getpgid(started_by(processes).pid) != os.getpgid(0)


@pytest.mark.parametrize("processes", [False], indirect=True)
def test_with_a_share_it_stands_back_a_little(processes: HashProcesses) -> None:
    """A busy machine still lets somebody in."""
    assert started_by(processes).nice() == psutil.Process().nice() + NICENESS


@pytest.mark.parametrize("processes", [True], indirect=True)
def test_a_leisurely_one_stands_back_for_everybody(processes: HashProcesses) -> None:
    """It has the processor when nobody wants it; where Linux runs, it is taken away at once."""
    child = started_by(processes)
    assert child.nice() == 19
    if hasattr(os, "SCHED_IDLE"):
        assert os.sched_getscheduler(child.pid) == os.SCHED_IDLE


def test_it_ends_when_its_input_does() -> None:
    """So none is left behind by a server that was killed."""
    with HashProcess()._child as child:
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(PATIENCE) == 0
