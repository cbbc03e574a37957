"""When a task will end, learnt from how long others took, and how long to wait until the next look. Pure.

A look costs the service work, a late look costs the person time. What both cost together is least when looks are as
frequent as the root of the chance that the end comes now: sparse at first, dense around the expected end.
"""

import math
from collections.abc import Sequence
from statistics import median
from typing import Final, NamedTuple

from jobs.pace import believable

DENSEST: Final = 0.05
"""Seconds."""
SPARSEST: Final = 20.0
"""Seconds, before the expected end. The bar on the page should still move now and then."""
SPARSEST_WHEN_LATE: Final = 8.0
CALLED: Final = SPARSEST
"""Where the end is called out to us: looks are for the bar then, and for a call that is lost."""

LOOKS: Final = 0.0195
"""Of the expected seconds: the price of a look. Fewer looks when it is higher; with this, about 38 for a video."""
SHARED: Final = 0.3
"""The power of the company by which a look grows cheaper. Not a half: batches are never full of urgent tasks only."""
FLOOR: Final = 170
"""Looks in the expected seconds where they are densest."""

ENOUGH: Final = 3
"""As many earlier tasks are believed more than the service's own estimate."""
UNLEARNT: Final = 0.3
"""How far ends spread around an estimate while nothing is known: about a third to both sides."""
NARROWEST: Final = 0.05
WIDEST: Final = 0.6


class Took(NamedTuple):
    """An earlier task: the seconds that it took, and those that were estimated."""

    seconds: float
    estimate: float | None = None


class Window(NamedTuple):
    """Half of all tasks end before `middle` (seconds); `spread` is the deviation of the logarithm around it."""

    middle: float
    spread: float


def learnt(estimate: float | None, past: Sequence[Took]) -> Window | None:
    """What to expect of a task with this estimate. Where the service estimates at all, its errors are what is learnt.

    None when there is nothing to go by.
    """
    seed = believable(estimate)
    logs = [math.log(took.seconds * _scale(seed, believable(took.estimate))) for took in past if took.seconds > 0]
    if len(logs) < ENOUGH and seed:
        return Window(seed, UNLEARNT)
    if not logs:
        return None
    middle = median(logs)
    deviation = 1.4826 * median(abs(log - middle) for log in logs)
    return Window(math.exp(middle), _between(NARROWEST, deviation, WIDEST) + 0.25 / len(logs))


def pause(age: float, window: Window | None, company: int = 1) -> float:
    """Seconds until the next look at a task `age` seconds old. `company`: how many tasks share the price of a look.

    Without a window: an eighth of its age.
    """
    if window is None:
        return _between(0.5, age / 8, SPARSEST_WHEN_LATE)
    ideal = _ideal(age, window, company)
    # Never asleep over the beginning of the dense part.
    return min(ideal, math.sqrt(ideal * _ideal(age + ideal, window, company)))


def _ideal(age: float, window: Window, company: int) -> float:
    middle = window.middle
    late = age - middle * math.exp(2 * window.spread)
    asked = max(LOOKS * math.sqrt(middle / _hazard(age, window)) / company**SHARED, late / 10)
    most = SPARSEST if age < middle else SPARSEST_WHEN_LATE
    least = _between(DENSEST, middle / FLOOR, SPARSEST_WHEN_LATE)
    return _between(least, asked, max(least, min(middle / 15, most)))


def _hazard(age: float, window: Window) -> float:
    """The chance a second that a task of that age ends now, if ends are spread log-logistically."""
    shape = math.pi / math.sqrt(3) / window.spread
    share = _between(0.01, age / window.middle, 100.0)
    return shape / window.middle * math.pow(share, shape - 1) / (1 + math.pow(share, shape))


def _scale(wanted: float | None, known: float | None) -> float:
    return wanted / known if wanted and known else 1.0


def _between(least: float, value: float, most: float) -> float:
    return max(least, min(value, most))
