"""Work beside the main line, which ends with it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import anyio

logger = logging.getLogger(__name__)


class Background:
    """Starts work. What fails is told in the log and harms nothing else, as a task group would."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def stop(self) -> None:
        """Cancels what is left and waits until it has ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("Work in the background failed.", exc_info=error)


@asynccontextmanager
async def background() -> AsyncIterator[Background]:
    """Work that is started here ends here."""
    work = Background()
    try:
        yield work
    finally:
        await work.stop()
