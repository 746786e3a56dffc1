"""Pulses as rows of figures, and several rows as one."""

from pulse.figures import NAMES, Fold, combined, fold_of
from pulse.protocol import DiskUsage, Network, Usage
from pulse.tests.support import pulse


def test_a_row_has_all_figures_in_their_order() -> None:
    made = pulse(
        cpu=1.0,
        memory=Usage(2.0, 1, 1),
        swap=Usage(3.0, 1, 1),
        load=(4.0, 0.0, 0.0),
        disk=DiskUsage(5.0, 1, 1),
        network=Network(sent=6, received=7),
    )
    assert NAMES[:7] == ["cpu", "memory", "swap", "disk", "load", "received", "sent"]  # others may come later
    assert fold_of(made).mean[:7] == fold_of(made).peak[:7] == (1.0, 2.0, 3.0, 5.0, 4.0, 7, 6)


def test_a_fold_has_the_mean_and_the_peak_of_each_figure() -> None:
    rows = [(1.0, 10.0), (2.0, 40.0), (6.0, 10.0)]
    assert combined([Fold(row, row) for row in rows]) == Fold(mean=(3.0, 20.0), peak=(6.0, 40.0))


def test_what_was_not_measured_counts_for_nothing() -> None:
    unmeasured = pulse(memory=None, swap=None, load=None, disk=None, network=None)
    assert fold_of(unmeasured).mean[:7] == (0.0, *[None] * 6)
    folds = [Fold((4.0, None), (4.0, None)), Fold((None, None), (None, None)), Fold((6.0, None), (6.0, None))]
    assert combined(folds) == Fold(mean=(5.0, None), peak=(6.0, None))


def test_folding_again_preserves_peaks() -> None:
    folds = [Fold(mean=(2.0,), peak=(9.0,)), Fold(mean=(4.0,), peak=(5.0,))]
    assert combined(folds) == Fold(mean=(3.0,), peak=(9.0,))
    assert combined(folds[:1]) == folds[0]


def test_a_row_of_an_earlier_version_has_fewer_figures() -> None:
    """The others count, and a figure that was not measured is none."""
    assert combined([Fold((2.0,), (2.0,)), Fold((4.0, 1.0, None), (6.0, 1.0, None))]) == Fold(
        mean=(3.0, 1.0, None), peak=(6.0, 1.0, None)
    )
