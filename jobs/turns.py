"""One at a time for each name."""

import asyncio
from weakref import WeakValueDictionary


class Turns:
    """Belongs to one event loop. Remembers only the names that somebody holds or waits for."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, name: str) -> asyncio.Lock:
        """To be entered with `async with`."""
        return self._locks.setdefault(name, asyncio.Lock())
