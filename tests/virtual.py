"""An event loop in which waiting costs no time: when nothing is left to do, its clock jumps to whatever is next."""

import asyncio
import selectors
from collections.abc import Coroutine, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar

from jobs.clock import SystemClock

Result = TypeVar("Result")
BEGAN = 1_790_000_000.0


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its time stands still while a thread works for it, and inside `real`."""

    def __init__(self) -> None:
        self._passed = 0.0
        self._elsewhere = 0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self._passed

    def pass_time(self, seconds: float) -> bool:
        """Whether time may jump; then it has."""
        if self._elsewhere:
            return False
        self._passed += seconds
        return True

    @contextmanager
    def real(self) -> Iterator[None]:
        """Something outside of this loop is awaited."""
        self._elsewhere += 1
        try:
            yield
        finally:
            self._elsewhere -= 1

    def run_in_executor(self, executor: Executor | None, func: Any, *args: Any) -> asyncio.Future[Any]:
        self._elsewhere += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._back)
        return future

    def _back(self, _: object) -> None:
        self._elsewhere -= 1


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout is None or timeout <= 0:
            return ready if ready or timeout is not None else super().select(None)
        return [] if self._loop.pass_time(timeout) else super().select(None)


class VirtualClock(SystemClock):
    """The time of the loop it is made in."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def now(self) -> float:
        return BEGAN + self.monotonic()

    def monotonic(self) -> float:
        return self._loop.time()


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """As asyncio.run does, in a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
