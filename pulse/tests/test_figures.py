"""Pulses as rows of figures, and several rows as one."""

from pulse.figures import FIGURES, Fold, fold, fold_again, row_of
from pulse.protocol import Network, Usage
from pulse.tests.support import NOON, pulse


def test_a_row_has_each_figure_in_its_order() -> None:
    made = pulse(
        "web-1",
        1,
        NOON,
        cpu=1.0,
        memory=Usage(2.0, 1, 1),
        swap=Usage(3.0, 1, 1),
        load=(4.0, 0.0, 0.0),
        disk=Usage(5.0, 1, 1),
        network=Network(sent=6, received=7),
    )
    assert list(FIGURES) == ["cpu", "memory", "swap", "load", "disk", "sent", "received"]
    assert row_of(made) == (1.0, 2.0, 3.0, 4.0, 5.0, 6, 7)


def test_rows_are_folded_to_the_mean_and_the_highest_of_each_column() -> None:
    assert fold([(1.0, 10.0), (2.0, 40.0), (6.0, 10.0)]) == Fold(mean=(3.0, 20.0), peak=(6.0, 40.0))


def test_folds_are_folded_without_losing_a_peak() -> None:
    parts = [Fold(mean=(2.0,), peak=(9.0,)), Fold(mean=(4.0,), peak=(5.0,))]
    assert fold_again(parts) == Fold(mean=(3.0,), peak=(9.0,))


def test_a_single_fold_stays_as_it_is() -> None:
    alone = Fold(mean=(2.0,), peak=(9.0,))
    assert fold_again([alone]) == alone
