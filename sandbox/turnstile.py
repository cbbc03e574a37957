"""So many in a minute, and no more."""

from collections import deque
from collections.abc import Callable


class Turnstile:
    """Counts those who came through in the last minute."""

    def __init__(self, per_minute: int | None, clock: Callable[[], float]) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._passed: deque[float] = deque()

    def enter(self) -> float | None:
        """None for one who may pass, and is counted; otherwise the seconds to wait."""
        if self._per_minute is None:
            return None
        now = self._clock()
        while self._passed and self._passed[0] <= now - 60:
            self._passed.popleft()
        if len(self._passed) >= self._per_minute:
            return self._passed[0] + 60 - now if self._passed else 60.0
        self._passed.append(now)
        return None
