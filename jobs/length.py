"""How long a film may last, held against what was ordered. Pure: seconds in, an answer out."""

TOLERANCE = 1.0
TOLERANCE_SHARE = 0.2
"""A model rounds to whole frames and likes round lengths of its own: a second, or a fifth of it, is no fault."""


def too_short(seconds: float, ordered: float) -> bool:
    """Whether there is less than was paid for. A film that does not say how long it lasts gives 0 seconds."""
    return seconds < ordered - _tolerance(ordered)


def as_ordered(seconds: float, ordered: float) -> bool:
    """Whether it is what was ordered, neither shorter nor longer."""
    return abs(seconds - ordered) <= _tolerance(ordered)


def _tolerance(ordered: float) -> float:
    return max(TOLERANCE, TOLERANCE_SHARE * ordered)
