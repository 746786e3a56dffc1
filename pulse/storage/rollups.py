"""Rollups: samples combined for charts of an hour or a day. It blocks: call it in threads."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from pulse import protocol
from pulse.figures import Fold, combined, fold_of
from pulse.models import Rollup, Sample
from pulse.protocol import moment

HOUR, DAY = 3600, 86_400  # seconds that a chart shows
STEPS = {HOUR: 30, DAY: 300}  # seconds of each point of the chart

_decoder = msgspec.json.Decoder(list[Fold])


def roll_up(host: str, moments: Iterable[float]) -> None:
    """Update the rollups of `host` whose steps contain one of the Unix times `moments`.

    They are computed from the stored samples each time, so it may run again and in several processes.
    """
    touched = {step: {_start(at, step) for at in moments} for step in STEPS.values()}
    longest = touched[STEPS[DAY]]
    first, last = moment(min(longest)), moment(max(longest) + STEPS[DAY])
    samples = Sample.objects.filter(host=host, at__gte=first, at__lt=last).values_list("at", "frame")
    folds = [(at.timestamp(), fold_of(protocol.decode(frame))) for at, frame in samples]
    rollups = []
    for step, starts in touched.items():
        within: dict[int, list[Fold]] = defaultdict(list)
        for at, fold in folds:
            within[_start(at, step)].append(fold)
        for start in starts & within.keys():
            figures = msgspec.json.encode(combined(within[start])).decode()
            rollups.append(Rollup(host=host, step=step, start=start, figures=figures))
    Rollup.objects.bulk_create(
        rollups,
        update_conflicts=True,
        unique_fields=["step", "host", "start"],
        update_fields=["figures"],
    )


def read_folds(figures: Iterable[str]) -> list[Fold]:
    """The folds in `Rollup.figures` of several rows: decoded as one text, which is faster."""
    return _decoder.decode(f"[{','.join(figures)}]")


def _start(at: float, step: int) -> int:
    return int(at // step) * step
