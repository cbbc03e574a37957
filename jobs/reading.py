"""One request for one task or several, whichever the service can do."""

import logging
import math
from collections import Counter
from collections.abc import Sequence
from typing import Final, Protocol

from client.answers import Task
from client.errors import Refused, TooManyRequests
from jobs.clock import Clock

logger = logging.getLogger(__name__)

BATCH: Final = 50
"""Tasks in one request."""
NO_BATCH: Final = 3600.0
"""Seconds until batches are tried again where they were refused."""
BATCH_MISSES: Final = 3
"""Failures of batches in a row, after which tasks are read singly for a minute: perhaps only batches fail."""
NO_BATCH_FOR_NOW: Final = 60.0


class Service(Protocol):
    """What is asked of EvoLink; `client.api.EvoLink` and its errors."""

    nearby: bool
    """It runs on this machine: it may be asked as often as one likes."""

    async def task(self, task_id: str) -> Task: ...

    async def batch(self, task_ids: Sequence[str]) -> list[Task]: ...


class Reading:
    """Remembers whether the service knows batches. `tally` counts requests, tasks asked for, and failures by kind."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self.tally: Counter[str] = Counter()
        self._service = service
        self._clock = clock
        self._batch_from = -math.inf
        self._misses = 0

    @property
    def batches(self) -> bool:
        """Whether several tasks may be asked for at once."""
        return self._clock.monotonic() >= self._batch_from

    def try_batches(self) -> None:
        """Forgets that they were refused."""
        self._batch_from = -math.inf

    async def read(self, task_ids: Sequence[str]) -> dict[str, Task]:
        """The tasks as they are now. Of several, those that have to be read singly are missing.

        Raises what the service raises; a batch that was refused only tells that all have to be read singly.
        """
        self.tally["requests"] += 1
        self.tally["tasks"] += len(task_ids)
        try:
            if len(task_ids) == 1:
                return {task_ids[0]: await self._service.task(task_ids[0])}
            found = await self._service.batch(task_ids)
        except Exception as error:
            self.tally[type(error).__name__] += 1
            if len(task_ids) > 1 and self._refused(error):
                return {}
            raise
        self._misses = 0
        return {task.id: task for task in found if not _thin(task)}

    def _refused(self, error: Exception) -> bool:
        self._misses += 1
        refused = isinstance(error, Refused) and not isinstance(error, TooManyRequests)
        if refused or self._misses >= BATCH_MISSES:
            logger.info("Several tasks cannot be read at once for now: %s", type(error).__name__)
            self._batch_from = self._clock.monotonic() + (NO_BATCH if refused else NO_BATCH_FOR_NOW)
            self._misses = 0
        return refused


def _thin(task: Task) -> bool:
    """Whether a task has ended and the batch does not tell how: lists may hold no links."""
    match task.status:
        case "completed":
            return not task.results and task.element_id is None
        case "failed":
            return task.error is None
        case _:
            return False
