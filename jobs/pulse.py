"""Whether this process can take a job and bring it home just now."""

import asyncio
import contextlib
import sqlite3
from enum import StrEnum
from typing import Final

from jobs.engine import LocalEngine
from jobs.store import Store

BEAT: Final = 1.0
"""Seconds between two beats of the event loop that drives the jobs."""
LATE: Final = 10.0
"""Seconds without one after which it counts as stuck."""
FRESH: Final = 5.0
"""Seconds for which a write into the database proves that it takes writes, however often somebody asks."""
PATIENCE: Final = 3.0
"""Seconds that one who asks waits for it."""


class Weakness(StrEnum):
    """What is wrong, in a word that anybody may read."""

    NOT_DRIVEN = "jobs_are_not_driven"
    STUCK = "event_loop_is_stuck"
    NO_ANSWER = "database_does_not_answer"
    NO_WRITE = "database_takes_no_write"


class Pulse:
    """Belongs to one event loop."""

    def __init__(self, store: Store, engine: LocalEngine, *, patience: float = PATIENCE) -> None:
        self._store = store
        self._engine = engine
        self._patience = patience
        self._beaten = 0.0
        self._proven = 0.0
        self._heart: asyncio.Task[None] | None = None
        self._proof: asyncio.Task[bool] | None = None

    def open(self) -> None:
        self._heart = asyncio.create_task(self._beat(), name="pulse")

    async def close(self) -> None:
        """A proof that is under way ends with the database."""
        if self._heart:
            self._heart.cancel()
            await asyncio.wait([self._heart])
            self._heart = None

    async def weakness(self) -> Weakness | None:
        """None when all is well. Never raises."""
        if not (self._engine.running and self._heart and not self._heart.done()):
            return Weakness.NOT_DRIVEN
        if _now() - self._beaten > LATE:
            return Weakness.STUCK
        if self._proof is None or (self._proof.done() and _now() - self._proven > FRESH):
            self._proof = asyncio.create_task(self._prove())
        done, _ = await asyncio.wait([self._proof], timeout=self._patience)
        if not done:
            return Weakness.NO_ANSWER
        return None if self._proof.result() else Weakness.NO_WRITE

    async def _beat(self) -> None:
        while True:
            self._beaten = _now()
            await asyncio.sleep(BEAT)

    async def _prove(self) -> bool:
        """Whether the database takes a write. Only one such question is ever under way."""
        try:
            with contextlib.suppress(sqlite3.Error, OSError, RuntimeError):
                await self._store.prove()
                return True
            return False
        finally:
            self._proven = _now()


def _now() -> float:
    return asyncio.get_running_loop().time()
