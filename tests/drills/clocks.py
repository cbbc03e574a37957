"""A clock for drills."""

import asyncio

from jobs.clock import SystemClock


class FastClock(SystemClock):
    """The wall clock is right; everything that is waited for comes `speed` times sooner than it says."""

    def __init__(self, speed: float) -> None:
        self._speed = speed

    def monotonic(self) -> float:
        return super().monotonic() * self._speed

    async def sleep(self, seconds: float, until: asyncio.Event | None = None) -> None:
        await super().sleep(seconds / self._speed, until)
