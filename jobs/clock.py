"""Time, as something that can be handed in."""

import asyncio
import contextlib
import time
from typing import Protocol


class Clock(Protocol):
    """Wall time for what is written down, monotonic time for durations."""

    def now(self) -> float:
        """Unix seconds."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump, from any beginning."""
        ...

    async def sleep(self, seconds: float, until: asyncio.Event | None = None) -> None:
        """Returns after that many seconds, or as soon as `until` is set."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float, until: asyncio.Event | None = None) -> None:
        if until is None:
            await asyncio.sleep(seconds)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await until.wait()
