"""How much one address may ask, bring and hold at once. All figures stand here."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, ip_address
from typing import Final

MB: Final = 1_000_000
BURST: Final = 3_000
"""Requests at once. A visit is about 50, and a class of 30 behind the one address of a school begins at once: 1,500."""
PER_SECOND: Final = 100
"""Requests a second after that. Somebody who types is two or three; streams and clips count once, when they begin."""
UPLOADS_AN_HOUR: Final = 2_000 * MB
"""Bytes from one address: fifteen pictures of a phone for each of a class of 30."""
ALL_UPLOADS_AN_HOUR: Final = 8_000 * MB
"""Bytes from everybody. They lie on the disk for a day at most; the disk's own watermark stands behind this."""
AT_ONCE: Final = 6
"""Uploads of one address that are taken in at the same time: what a browser opens. More wait for their turn."""
IN_LINE: Final = 60
"""Uploads of one address that may wait: two for each of a class."""
REMEMBERED: Final = 10_000
"""Addresses. The one that was silent the longest is forgotten, whose bucket is full again by then."""


class Busy(Exception):
    """Too many of one address wait already."""


class Buckets:
    """A bucket for each address: `size` after a rest, refilled with `rate` a second."""

    def __init__(self, size: float, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._rate = rate
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str, amount: float = 1) -> float:
        """Takes it and gives 0; or takes nothing and gives the seconds until there will be enough."""
        now = self._clock()
        left, counted = self._left.get(who, (self._size, now))
        left = min(self._size, left + (now - counted) * self._rate)
        missing = amount - left
        self._left[who] = (left if missing > 0 else left - amount, now)
        self._left.move_to_end(who)
        if len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
        return max(0.0, missing / self._rate)

    def __len__(self) -> int:
        return len(self._left)


class Turns:
    """A few at once for each address, the others one after the other."""

    def __init__(self, at_once: int = AT_ONCE, in_line: int = IN_LINE) -> None:
        self._at_once = at_once
        self._most = at_once + in_line
        self._here: Counter[str] = Counter()
        self._doors: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def turn(self, who: str) -> AsyncIterator[None]:
        """Waits for its turn. Raises Busy when the line is too long."""
        if self._here[who] >= self._most:
            raise Busy
        self._here[who] += 1
        try:
            async with self._doors.setdefault(who, asyncio.Semaphore(self._at_once)):
                yield
        finally:
            self._here[who] -= 1
            if not self._here[who]:
                del self._here[who], self._doors[who]

    def __len__(self) -> int:
        return len(self._doors)


class Quotas:
    """What the guard counts."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.requests = Buckets(BURST, PER_SECOND, clock)
        self.uploads = Buckets(UPLOADS_AN_HOUR, UPLOADS_AN_HOUR / 3600, clock)
        self.all_uploads = Buckets(ALL_UPLOADS_AN_HOUR, ALL_UPLOADS_AN_HOUR / 3600, clock)
        self.turns = Turns()


def address(client: tuple[str, int] | None) -> str:
    """Who counts as one: an IPv4 address, or the network of an IPv6 one, since each household has so many of those."""
    told = client[0] if client else ""
    try:
        number = ip_address(told)
    except ValueError:
        return told
    if isinstance(number, IPv6Address) and not number.is_loopback:
        return str(number.ipv4_mapped or IPv6Address(int(number) >> 64 << 64))
    return told
