"""A loop without threads and a clock without time, so that a whole day of a room can be played step by step."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

Result = TypeVar("Result")

TURNS = 40
"""Turns of the loop within which something that is under way shows itself."""


class InlineLoop(asyncio.SelectorEventLoop):
    """What threads would do is done at once. Frozen, nothing of it is done any more: the power is off."""

    def __init__(self) -> None:
        super().__init__()
        self.frozen = False
        self.done = 0

    def run_in_executor(self, executor: object, work: Callable[..., Any], *values: Any) -> asyncio.Future[Any]:
        future = self.create_future()
        if self.frozen:
            return future
        self.done += 1
        try:
            future.set_result(work(*values))
        except Exception as error:
            future.set_exception(error)
        return future

    async def settle(self) -> None:
        """Returns when everybody waits for time or for others."""
        before = -1
        while before != self.done:
            before = self.done
            for _ in range(TURNS):
                await asyncio.sleep(0)

    def run(self, work: Awaitable[Result]) -> Result:
        """What comes of the work, once everybody has settled after it."""

        async def and_settle() -> Result:
            result = await work
            await self.settle()
            return result

        return self.run_until_complete(and_settle())

    async def power_cut(self) -> None:
        """Ends every task without letting any of them write."""
        self.frozen = True
        others = asyncio.all_tasks(self) - {asyncio.current_task(self)}
        while others:
            for task in others:
                task.cancel()
            _, others = await asyncio.wait(others, timeout=0)
        self.frozen = False


class Sundial:
    """Time passes when it is told to. The wall clock may jump; the other one never does."""

    def __init__(self, loop: InlineLoop, now: float) -> None:
        self._loop = loop
        self._began = now
        self._sleepers: dict[asyncio.Event, float] = {}
        self.passed = 0.0
        self.jump = 0.0

    def now(self) -> float:
        return self._began + self.passed + self.jump

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float, until: asyncio.Event | None = None) -> None:
        due = asyncio.Event()
        self._sleepers[due] = self.passed + seconds
        waits = [asyncio.ensure_future(event.wait()) for event in (due, until) if event]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            self._sleepers.pop(due, None)

    async def pass_time(self, seconds: float, strides: int = 12) -> None:
        """In a few strides, as on a machine that is busy: who is due in the middle of one wakes at its end."""
        for _ in range(strides):
            self.passed += seconds / strides
            for due, at in list(self._sleepers.items()):
                if at <= self.passed:
                    due.set()
            await self._loop.settle()
