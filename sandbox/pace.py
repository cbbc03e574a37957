"""How long work will take: learnt from the work that was done."""

import math
from collections.abc import Iterable
from itertools import islice
from statistics import median
from typing import Final

from sandbox.tasks import TaskRecord

SECONDS_PER_MEGAPIXEL: Final = 0.03
"""A guess for a machine that has rendered nothing yet."""
REMEMBERED: Final = 5

_MEGAPIXELS: Final = {"720p": 0.92, "1080p": 2.07, "4k": 8.29}
_FRAMES_PER_SECOND: Final = 24


def work(record: TaskRecord) -> float:
    """Megapixels to be drawn. An element has no frames, and counts as one picture."""
    frames = (record.seconds or 0) * _FRAMES_PER_SECOND
    return max(1.0, frames * _MEGAPIXELS.get(record.request.get("quality", ""), 0.0))


def seconds_per_megapixel(newest_first: Iterable[TaskRecord]) -> float:
    """The pace of the last completed videos."""
    paces = (
        record.took / work(record)
        for record in newest_first
        if record.status == "completed" and record.seconds and record.took is not None
    )
    remembered = list(islice(paces, REMEMBERED))
    return median(remembered) if remembered else SECONDS_PER_MEGAPIXEL


def seconds_left(record: TaskRecord, share: float, pace: float, now: float) -> int:
    """Whole seconds until a task is done, the wait for its turn not counted; at least 1 for an unfinished one."""
    if not record.unfinished:
        return 0
    if record.started is None:
        return max(1, math.ceil(work(record) * pace))
    worked = max(0.0, now - record.started)
    total = worked / share if share > 0.05 else work(record) * pace
    return max(1, math.ceil(total - worked))


def seconds_ahead(record: TaskRecord, tasks: Iterable[TaskRecord], pace: float, at_once: int) -> float:
    """Seconds that a pending task waits for those before it."""
    if record.status != "pending":
        return 0.0
    before = [other for other in tasks if other.unfinished and other.created < record.created]
    return sum(work(other) for other in before) * pace / at_once if len(before) >= at_once else 0.0
