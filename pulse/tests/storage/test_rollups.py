"""Rollups of stored samples and of shorter rollups."""

import pytest

from pulse.figures import NAMES
from pulse.models import Rollup, Sample
from pulse.storage.rollups import DAY, HOUR, QUARTER, STEPS, WEEK, read_folds
from pulse.storage.store import store_samples
from pulse.tests.support import NOON, new_sample

pytestmark = pytest.mark.django_db

FINE, COARSE = STEPS[HOUR], STEPS[DAY]
CPU = NAMES.index("cpu")


def store(*pulses: tuple[float, float], host: str = "a") -> None:
    """Store pulses, each as seconds after NOON and its CPU."""
    store_samples([new_sample(host, NOON + at, cpu=cpu) for at, cpu in pulses])


def cpu(step: int, host: str = "a") -> dict[int, tuple[float | None, float | None]]:
    """Mean and peak of the CPU in each step, by seconds after NOON."""
    rows = list(Rollup.objects.filter(host=host, step=step))
    folds = read_folds(row.figures for row in rows)
    return {
        int(row.start - NOON): (fold.mean[CPU], fold.peak[CPU]) for row, fold in zip(rows, folds, strict=True)
    }


def test_the_pulses_of_a_step_have_one_rollup_with_their_mean_and_peak() -> None:
    store((0, 10.0), (5, 90.0))
    store((10, 20.0), (15, 40.0))
    store((0.1, 99.0))  # a second worker's
    store((0, 30.0), host="b")
    assert cpu(FINE) == cpu(COARSE) == {0: (40.0, 90.0)}
    assert cpu(FINE, "b") == {0: (30.0, 30.0)}


def test_each_step_has_a_rollup() -> None:
    store((0, 10.0), (FINE, 30.0), (COARSE, 50.0))
    assert cpu(FINE) == {0: (10.0, 10.0), FINE: (30.0, 30.0), COARSE: (50.0, 50.0)}
    assert cpu(COARSE) == {0: (20.0, 30.0), COARSE: (50.0, 50.0)}


def test_a_pulse_that_is_stored_late_belongs_to_its_own_step() -> None:
    store((120, 50.0))
    store((5, 20.0), (125, 70.0))
    assert cpu(FINE) == {0: (20.0, 20.0), 120: (60.0, 70.0)}


@pytest.mark.parametrize("step", [STEPS[WEEK], STEPS[QUARTER]])
def test_an_hour_and_longer_are_combined_from_shorter_rollups(step: int) -> None:
    """Samples may be gone by then. A pulse that comes late counts, too."""
    store((COARSE, 10.0), (COARSE + 5, 90.0))
    Sample.objects.all().delete()
    store((0, 8.0), (2 * COARSE, 20.0))
    ((mean, peak),) = cpu(step).values()
    assert (mean, peak) == (26.0, 90.0)
