"""How often may be asked with one key. Pure but for what it remembers: the time is told to it."""


class Bucket:
    """`burst` requests at once after a rest, and from then on as many a second as the rate that is told."""

    def __init__(self, burst: float) -> None:
        self._burst = burst
        self._tokens = burst
        self._counted = 0.0
        self._held = 0.0

    def wait(self, now: float, rate: float) -> float:
        """Seconds until a request may go out. `now` never goes back."""
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._counted) * rate)
        self._counted = now
        return max(self._held - now, (1 - self._tokens) / rate, 0.0)

    def take(self) -> None:
        """Counts a request that goes out."""
        self._tokens -= 1

    def hold(self, until: float) -> None:
        """Nothing goes out before that: the service asked for it."""
        self._held = max(self._held, until)
