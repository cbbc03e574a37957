"""Who does the work: a few tasks at once, the others wait in order."""

import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import anyio

from client.elements import ElementRequest
from client.schema import VideoRequest
from sandbox.answers import TaskError
from sandbox.background import Background, background
from sandbox.errors import RenderError
from sandbox.failures import MESSAGES, TaskFailed
from sandbox.sources import Sources, addresses
from sandbox.tasks import Fate, TaskRecord, Tasks

logger = logging.getLogger(__name__)

Renderer = Callable[[VideoRequest, Mapping[str, Path], Path, Callable[[float], None]], Awaitable[None]]
"""Makes the video of a request from the files behind its addresses, into a path that ends in `.mp4`, and tells the
share that is done. Raises TaskFailed or RenderError. Cancelled, it leaves no process behind."""

ELEMENT_SECONDS: Final = 0.5


class Runner:
    """Brings every task to its end, over restarts if need be."""

    def __init__(
        self,
        tasks: Tasks,
        sources: Sources,
        render: Renderer,
        *,
        media: Path,
        work: Path,
        at_once: int,
        clock: Callable[[], float],
        ended: Callable[[TaskRecord], None],
    ) -> None:
        """`ended` hears of each task whose end is on disk."""
        self._tasks = tasks
        self._sources = sources
        self._render = render
        self.media = media
        self._work = work
        self._room = anyio.CapacityLimiter(at_once)
        self._clock = clock
        self._told = ended
        self._background = Background()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Takes up what an earlier run left. In the end work under way is dropped, to begin anew at the next start."""
        self.media.mkdir(parents=True, exist_ok=True)
        for draft in self.media.glob("*.part.mp4*"):
            draft.unlink()
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir(parents=True)
        async with background() as self._background:
            for record in self._tasks.unfinished():
                self.start(record)
            yield

    def start(self, record: TaskRecord) -> None:
        """Puts a task into the line."""
        self._background.start(self._run(record))

    async def _run(self, record: TaskRecord) -> None:
        """A task that cannot be written down stays as it is, and is taken up at the next start."""
        if record.fate and record.fate.end == "never":
            self._tasks.put(record.moved("processing", started=self._clock()))
            return
        async with self._room:
            record = self._tasks.put(record.moved("processing", started=self._clock()))
            self._told(self._tasks.put(await self._ended(record)))

    async def _ended(self, record: TaskRecord) -> TaskRecord:
        try:
            if record.fate:
                return self._fated(record, record.fate)
            return await self._made(record)
        except (TaskFailed, RenderError) as failure:
            error = TaskError(code=failure.code, message=str(failure))
        except Exception:
            logger.exception("%s failed in a way that was not foreseen", record.id)
            error = TaskError(code="unknown_error", message=MESSAGES["unknown_error"])
        return record.moved("failed", error=error, ended=self._clock())

    def _fated(self, record: TaskRecord, fate: Fate) -> TaskRecord:
        if fate.end == "cancelled":
            return record.moved("cancelled", ended=self._clock())
        raise TaskFailed(fate.code)

    async def _made(self, record: TaskRecord) -> TaskRecord:
        request = record.asked()
        with tempfile.TemporaryDirectory(dir=self._work) as folder:
            pictures = await self._sources.gather(addresses(request), record.origin, Path(folder))
            if isinstance(request, ElementRequest):
                await anyio.sleep(ELEMENT_SECONDS)
                return record.moved("completed", element_id=_element_id(), ended=self._clock())
            video = await self._rendered(record, request, pictures)
            return record.moved("completed", video=video, ended=self._clock())

    async def _rendered(self, record: TaskRecord, request: VideoRequest, pictures: Mapping[str, Path]) -> str:
        name = secrets.token_urlsafe(16)
        draft = self.media / f"{name}.part.mp4"
        try:
            await self._render(request, pictures, draft, lambda share: self._tasks.report(record.id, share))
            os.replace(draft, self.media / f"{name}.mp4")
        finally:
            draft.unlink(missing_ok=True)
        return f"{name}.mp4"


def _element_id() -> str:
    return str(secrets.randbelow(9 * 10**11) + 10**11)
