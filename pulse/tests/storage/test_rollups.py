"""What samples are thinned to."""

import pytest

from pulse.figures import FIGURES
from pulse.models import Rollup
from pulse.protocol import moment
from pulse.storage.pruning import prune
from pulse.storage.rollups import DAY, HOUR, STEPS, read_folds
from pulse.storage.store import store_samples
from pulse.tests.support import NOON, measured

pytestmark = pytest.mark.django_db

FINE, COARSE = STEPS[HOUR], STEPS[DAY]
CPU = list(FIGURES).index("cpu")


def cpu(step: int, host: str = "a") -> dict[int, tuple[float, float]]:
    """Mean and peak of the CPU by the time, in seconds after NOON, at which each step begins."""
    rows = list(Rollup.objects.filter(host=host, step=step))
    folds = read_folds(row.figures for row in rows)
    return {
        int(row.start - NOON): (each.mean[CPU], each.peak[CPU]) for row, each in zip(rows, folds, strict=True)
    }


def test_the_pulses_of_a_step_become_one_with_their_mean_and_peak() -> None:
    for interval, use in enumerate((10.0, 90.0, 20.0, 40.0)):
        store_samples([measured("a", NOON + 5 * interval, cpu=use)])
    assert cpu(FINE) == {0: (40.0, 90.0)}
    assert cpu(COARSE) == {0: (40.0, 90.0)}


def test_each_step_has_its_own() -> None:
    store_samples(
        [measured("a", NOON + at, cpu=use) for at, use in ((0, 10.0), (FINE, 30.0), (COARSE, 50.0))]
    )
    assert cpu(FINE) == {0: (10.0, 10.0), FINE: (30.0, 30.0), COARSE: (50.0, 50.0)}
    assert cpu(COARSE) == {0: (20.0, 30.0), COARSE: (50.0, 50.0)}


def test_each_host_has_its_own() -> None:
    store_samples([measured("a", NOON, cpu=10.0)])
    store_samples([measured("b", NOON, cpu=90.0)])
    assert (cpu(FINE, "a"), cpu(FINE, "b")) == ({0: (10.0, 10.0)}, {0: (90.0, 90.0)})


def test_a_pulse_that_is_stored_late_is_in_its_own_step() -> None:
    """As after the store was away."""
    later = 4 * FINE
    store_samples([measured("a", NOON + later, cpu=50.0)])
    store_samples([measured("a", NOON + 5, cpu=20.0), measured("a", NOON + later + 5, cpu=70.0)])
    assert cpu(FINE) == {0: (20.0, 20.0), later: (60.0, 70.0)}


def test_a_second_worker_counts_no_pulse_twice() -> None:
    store_samples([measured("a", NOON, cpu=10.0)])
    store_samples([measured("a", NOON + 0.1, cpu=90.0)])
    assert cpu(FINE) == {0: (10.0, 10.0)}


def test_what_no_chart_shows_any_longer_is_pruned() -> None:
    store_samples(
        [measured("a", NOON - ago) for ago in (DAY + 2 * COARSE, DAY - COARSE, HOUR + 2 * FINE, HOUR - FINE)]
    )
    prune(moment(NOON))
    assert min(cpu(FINE)) == -HOUR + FINE
    assert min(cpu(COARSE)) == -DAY + COARSE


def test_a_rollup_is_named_by_its_host_and_time() -> None:
    store_samples([measured("a", NOON)])
    assert str(Rollup.objects.get(step=FINE)) == f"a from {NOON:.0f}, {FINE} s"
