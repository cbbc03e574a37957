"""The table of jobs: SQLite, one connection on one thread, every write on the disk before it counts."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import compare_digest
from typing import Any, Final, TypeVar

from jobs.clock import Clock, SystemClock
from jobs.database import Ailment, insert, transaction
from jobs.entries import FIXED, entry
from jobs.job import Job
from jobs.journal import Journal
from jobs.mend import opened
from jobs.rows import from_row, to_row
from jobs.shutter import Shutter
from jobs.states import ENDS, MOVES, OPEN, State
from jobs.telling import tell
from jobs.watchers import Watchers

Result = TypeVar("Result")

PAID_STEPS: Final = frozenset({State.SUBMITTING, State.SUBMITTED, State.UNKNOWN}) | ENDS
"""The states that the journal is told of."""
KEPT: Final = frozenset({"sent", "task_hint", "sent_again", "hidden", "starred"})
"""And the columns, once the job has been told of."""
ALIKE: Final = 8
"""Of the 43 letters of a callback token, those that a stranger may find out."""


class ForbiddenMove(Exception):
    """A move that no job may make: a mistake in the program."""


class Overtaken(Exception):
    """The job had left its state before the write came."""


class Store:
    """Belongs to one event loop. All methods may raise sqlite3.Error; a write that raised did not happen.

    A write goes on when its caller is cancelled, and the watchers hear of it all the same.
    """

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.watchers = Watchers()
        self._folder = folder
        self._clock = clock or SystemClock()
        self._journal = Journal(folder)
        self._shutter = Shutter(folder)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._loop: asyncio.AbstractEventLoop
        self._connection: sqlite3.Connection

    async def open(self) -> None:
        """Makes folder and table where they are missing. A database that is no good is set aside and built anew.

        Raises StoreError for a folder in which nothing can be done.
        """
        self._loop = asyncio.get_running_loop()
        await self._on_thread(self._open)

    async def close(self) -> None:
        await self._on_thread(self._connection.close)
        self._thread.shutdown()

    async def add(self, job: Job) -> Job:
        """Writes a new job, or returns the one that this owner already started with this nonce."""
        return await self._on_thread(self._add, job)

    async def write(self, before: Job, after: Job) -> Job:
        """Writes what differs, if the job is still in the state of `before`; returns the row as it now is.

        Raises ForbiddenMove, or Overtaken when another writer moved the job first.
        """
        if after.state is not before.state and after.state not in MOVES[before.state]:
            raise ForbiddenMove(f"{before.state} -> {after.state}")
        return await self._on_thread(self._write, before, after)

    async def job(self, job_id: str) -> Job | None:
        return await self._one("id = ?", job_id)

    async def by_token(self, token: str) -> Job | None:
        return await self._one("token = ?", token)

    async def by_callback_token(self, token: str) -> Job | None:
        # The index finds those that begin alike: how long that takes tells nothing of the other letters, and comparing
        # them all takes equally long whichever are wrong.
        alike = await self.select("callback_token BETWEEN ? AND ? LIMIT 10", token[:ALIKE], f"{token[:ALIKE]}~")
        return next((job for job in alike if compare_digest(job.callback_token.encode(), token.encode())), None)

    async def newest_open_video(self, owner: str) -> Job | None:
        return await self._one(f"owner = ? AND kind = 'video' AND {_OPEN} ORDER BY rowid DESC LIMIT 1", owner)

    async def recent_videos(self, owner: str, limit: int) -> list[Job]:
        """The video jobs of an owner that are not deleted, newest first."""
        where = "owner = ? AND kind = 'video' AND NOT hidden ORDER BY rowid DESC LIMIT ?"
        return await self.select(where, owner, limit)

    async def elements(self, owner: str) -> list[Job]:
        """The element jobs of an owner that are not hidden, newest first."""
        where = "owner = ? AND kind = 'element' AND NOT hidden ORDER BY rowid DESC"
        return await self.select(where, owner)

    async def open_jobs(self) -> list[Job]:
        """All jobs that somebody has to drive, oldest first. While closed, what was never sent is none of them."""
        jobs = await self.select(f"{_OPEN} ORDER BY rowid")
        return [job for job in jobs if not (self.closed and job.state is State.NEW)]

    @property
    def closed(self) -> Ailment | None:
        """Why nothing that costs money may be sent before a person agrees, if so. It stays so over restarts."""
        return self._shutter.why

    async def open_again(self) -> None:
        """A person agrees."""
        await self._on_thread(self._shutter.open)

    async def journaled_task(self, job_id: str) -> str | None:
        """The task id of a job from the journal, the one place that may know it when the row does not."""
        return await self._on_thread(self._journal.task_of, job_id)

    async def select(self, where: str, *values: Any) -> list[Job]:
        """The jobs for a condition in SQL, which may go on with ORDER BY and LIMIT."""
        return await self._on_thread(self._select, where, *values)

    async def figures(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows that any SELECT gives, as plain values."""
        return await self._on_thread(lambda: [tuple(row) for row in self._connection.execute(statement, values)])

    async def prove(self) -> None:
        """Writes to the disk, and changes nothing."""
        await self._on_thread(self._prove)

    async def forget(self, job_id: str, columns: Collection[str]) -> None:
        """Takes what the journal said in these columns of a job out of it, once the job is hidden. Raises OSError."""
        await self._on_thread(self._journal.forget, job_id, columns)

    async def _one(self, where: str, *values: Any) -> Job | None:
        found = await self.select(where, *values)
        return found[0] if found else None

    async def _on_thread(self, work: Callable[..., Result], *values: Any) -> Result:
        return await asyncio.shield(self._loop.run_in_executor(self._thread, work, *values))

    def _prove(self) -> None:
        with self._transaction():
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            self._connection.execute(f"PRAGMA user_version = {version}")

    def _open(self) -> None:
        self._connection = opened(self._folder, self._journal, self._shutter, self._clock.now())

    def _add(self, job: Job) -> Job:
        with self._transaction():
            insert(self._connection, to_row(job), "ON CONFLICT (owner, nonce) DO NOTHING")
            (written,) = self._select("owner = ? AND nonce = ?", job.owner, job.nonce)
        if written.id == job.id:
            if job.state in PAID_STEPS:
                self._journal.append(**entry(job))
            tell(written, None)
        return written

    def _write(self, before: Job, after: Job) -> Job:
        old, new = to_row(before), to_row(after)
        changes = {name: value for name, value in new.items() if value != old[name]}
        if not changes:
            return before
        changes["changed"] = self._clock.now()
        setting = ", ".join(f"{name} = ?" for name in changes)
        with self._transaction():
            rows = self._connection.execute(
                f"UPDATE job SET {setting}, version = version + 1 WHERE id = ? AND state = ? RETURNING *",
                (*changes.values(), before.id, before.state.value),
            ).fetchall()
            if not rows:
                raise Overtaken(before.id)
            written = from_row(rows[0])
            # Killed after this line, a task id is in the journal; before it, nowhere.
            if _journaled(written, changes):
                self._journal.append(**entry(written, FIXED if before.state is State.NEW else changes))
        if written.state is not before.state:
            tell(written, before.state)
        self._loop.call_soon_threadsafe(self.watchers.tell, written)
        return written

    def _select(self, where: str, *values: Any) -> list[Job]:
        return [from_row(row) for row in self._connection.execute(f"SELECT * FROM job WHERE {where}", values)]

    def _transaction(self) -> contextlib.AbstractContextManager[None]:
        return transaction(self._connection)


def _journaled(job: Job, changes: Collection[str]) -> bool:
    return job.state in PAID_STEPS if "state" in changes else job.state is not State.NEW and bool(KEPT & set(changes))


_OPEN = f"state IN ({', '.join(repr(state.value) for state in sorted(OPEN))})"
