"""Who wants to hear of a job's changes, inside this process."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from jobs.job import Job


class Watchers:
    """Belongs to one event loop. Every listener gets every record, in the order they were written."""

    def __init__(self) -> None:
        self._boxes: defaultdict[str, set[asyncio.Queue[Job]]] = defaultdict(set)

    @contextmanager
    def listening(self, job_id: str) -> Iterator[asyncio.Queue[Job]]:
        box: asyncio.Queue[Job] = asyncio.Queue()
        self._boxes[job_id].add(box)
        try:
            yield box
        finally:
            self._boxes[job_id].discard(box)
            if not self._boxes[job_id]:
                del self._boxes[job_id]

    def tell(self, job: Job) -> None:
        for box in self._boxes.get(job.id, ()):
            box.put_nowait(job)
