"""Rollups: samples combined for charts of an hour and longer. It blocks: call it in threads."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from itertools import pairwise

import msgspec

from pulse import protocol
from pulse.figures import Fold, combined, fold_of
from pulse.models import Rollup, Sample
from pulse.protocol import moment

HOUR, DAY, WEEK, QUARTER = 3600, 86_400, 7 * 86_400, 90 * 86_400  # seconds that a chart shows
STEPS = {HOUR: 30, DAY: 300, WEEK: 3600, QUARTER: 21_600}  # seconds of each point of the chart

_decoder = msgspec.json.Decoder(list[Fold])


def roll_up(host: str, moments: Collection[float]) -> None:
    """Update the rollups of `host` whose steps contain one of the Unix times `moments`.

    Short ones are computed from the stored samples each time, and long ones from the next shorter, since samples do
    not last as long. So it may run again and in several processes.
    """
    touched = {step: {_start(at, step) for at in moments} for step in STEPS.values()}
    samples = _sample_folds(host, touched[STEPS[DAY]])
    made = {step: _by_step(samples, step, touched[step]) for step in (STEPS[HOUR], STEPS[DAY])}
    for finer, step in pairwise((STEPS[DAY], STEPS[WEEK], STEPS[QUARTER])):
        within = _stored(host, finer, touched[step], step) | made[finer]
        made[step] = _by_step(within.items(), step, touched[step])
    Rollup.objects.bulk_create(
        [
            Rollup(host=host, step=step, start=start, figures=msgspec.json.encode(fold).decode())
            for step, folds in made.items()
            for start, fold in folds.items()
        ],
        update_conflicts=True,
        unique_fields=["step", "host", "start"],
        update_fields=["figures"],
    )


def _sample_folds(host: str, starts: Collection[int]) -> list[tuple[float, Fold]]:
    first, last = moment(min(starts)), moment(max(starts) + STEPS[DAY])
    samples = Sample.objects.filter(host=host, at__gte=first, at__lt=last).values_list("at", "frame")
    return [(at.timestamp(), fold_of(protocol.decode(frame))) for at, frame in samples]


def _stored(host: str, finer: int, starts: Collection[int], step: int) -> dict[int, Fold]:
    """The rollups of `finer` seconds within the steps that begin at `starts`, by their own start."""
    within = (min(starts), max(starts) + step - 1)
    rows = dict(
        Rollup.objects.filter(step=finer, host=host, start__range=within).values_list("start", "figures")
    )
    return dict(zip(rows, read_folds(rows.values()), strict=True))


def _by_step(folds: Iterable[tuple[float, Fold]], step: int, starts: Collection[int]) -> dict[int, Fold]:
    """Combine `folds`, each with its time, for those steps that begin at `starts`."""
    within: dict[int, list[Fold]] = defaultdict(list)
    for at, fold in folds:
        within[_start(at, step)].append(fold)
    return {start: combined(within[start]) for start in starts if start in within}


def read_folds(figures: Iterable[str]) -> list[Fold]:
    """The folds in `Rollup.figures` of several rows: decoded as one text, which is faster."""
    return _decoder.decode(f"[{','.join(figures)}]")


def _start(at: float, step: int) -> int:
    return int(at // step) * step
