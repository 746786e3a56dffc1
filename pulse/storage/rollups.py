"""Thins samples while they are stored: a chart of a day must not read a day's samples. It blocks, for threads."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from pulse import protocol
from pulse.figures import Fold, Row, fold, row_of
from pulse.models import Rollup, Sample

HOUR, DAY = 3600, 86_400  # seconds that a chart shows
STEPS = {HOUR: 30, DAY: 300}  # and that each of its points covers

_decoder = msgspec.json.Decoder(list[Fold])


def roll_up(host: str, moments: Iterable[float]) -> None:
    """Brings the rollups of `host` up to date, of all steps that hold one of the Unix times `moments`.

    They are computed from what is stored, anew each time, so they are right whoever stored what, and however often.
    """
    touched = {step: {_start(at, step) for at in moments} for step in STEPS.values()}
    rows = list(_rows(host, touched[STEPS[DAY]]))
    folded = []
    for step, starts in touched.items():
        within: dict[int, list[Row]] = defaultdict(list)
        for at, row in rows:
            within[_start(at, step)].append(row)
        folded += [_rollup(host, step, start, within[start]) for start in starts if start in within]
    Rollup.objects.bulk_create(
        folded,
        update_conflicts=True,
        unique_fields=["step", "host", "start"],
        update_fields=["figures"],
    )


def read_folds(figures: Iterable[str]) -> list[Fold]:
    """What `Rollup.figures` of several rows hold: read as one text, which is faster than each by itself."""
    return _decoder.decode(f"[{','.join(figures)}]")


def prune(now: float) -> None:
    """Deletes the rollups that no chart shows any longer."""
    for seconds, step in STEPS.items():
        Rollup.objects.filter(step=step, start__lt=now - seconds - step).delete()


def _start(at: float, step: int) -> int:
    return int(at // step) * step


def _rows(host: str, starts: set[int]) -> Iterable[tuple[float, Row]]:
    first, last = min(starts), max(starts) + STEPS[DAY]
    stored = Sample.objects.filter(host=host, at__gte=_moment(first), at__lt=_moment(last))
    for at, frame in stored.values_list("at", "frame"):
        yield at.timestamp(), row_of(protocol.decode(frame))


def _rollup(host: str, step: int, start: int, rows: list[Row]) -> Rollup:
    return Rollup(host=host, step=step, start=start, figures=msgspec.json.encode(fold(rows)).decode())


def _moment(unix_time: float) -> datetime:
    return datetime.fromtimestamp(unix_time, UTC)
