"""Stored times, and clocks that jump."""

SKEW = 60.0  # seconds that the clocks of two hosts may differ


def is_over(since: float, now: float, seconds: float) -> bool:
    """Return whether what began at `since` and lasts `seconds` is over at `now`, all of one kind of clock.

    So is what begins in the future: the clock was set back meanwhile, or it was wrong then.
    """
    return not -min(SKEW, seconds) < now - since < seconds
