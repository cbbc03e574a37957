"""Who waits for which task, until when, and who goes along with whom. Pure but for the answers it passes on."""

import asyncio
import math
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from client.answers import Task

HURRIED = -math.inf
"""Due before everybody else, and whatever is in the way."""


@dataclass(eq=False)
class Wait:
    """Somebody who waits for a task, since `pause` seconds before `due`."""

    task_id: str
    hope: float
    """Looks a second that it would like."""
    pause: float
    due: float
    answer: asyncio.Future[Task]
    poke: asyncio.Event | None
    alone: bool = False
    """To be read singly."""

    def goes_along(self, now: float) -> bool:
        """Whether it is due so soon that it joins others that are due now."""
        return not self.alone and self.due - self.pause / 2 <= now


class Waits:
    """Everybody who waits, and among them those for whom no request is under way."""

    def __init__(self) -> None:
        self.hopes = 0.0
        """Looks a second that all together would like."""
        self._everybody: dict[Wait, None] = {}
        self._waiting: dict[Wait, None] = {}

    def __len__(self) -> int:
        return len(self._everybody)

    def enter(self, wait: Wait) -> None:
        self._everybody[wait] = self._waiting[wait] = None
        self.hopes += wait.hope

    def leave(self, wait: Wait) -> None:
        self._everybody.pop(wait, None)
        self._waiting.pop(wait, None)
        self.hopes = self.hopes - wait.hope if self._everybody else 0.0

    def again_alone(self, wait: Wait, now: float) -> None:
        """It is due again, if it still waits: a request for several told nothing of it."""
        if wait in self._everybody:
            wait.due, wait.alone = now, True
            self._waiting[wait] = None

    def hurry(self, wait: Wait) -> bool:
        """Whether it waits for a request; then it is due now."""
        if wait in self._waiting:
            wait.due = HURRIED
        return wait in self._waiting

    def all_due(self, now: float) -> None:
        for wait in self._waiting:
            wait.due = min(wait.due, now)

    def next_due(self) -> float:
        """When the next one is due; never, when nobody waits for a request."""
        return min((wait.due for wait in self._waiting), default=math.inf)

    def take(self, now: float, most: int) -> list[Wait]:
        """The one who is due first and those who go along with it. They wait for a request no more."""
        group = [min(self._waiting, key=lambda wait: wait.due)]
        if most > 1 and not group[0].alone:
            along = (wait for wait in self._waiting if wait.goes_along(now))
            group = sorted(along, key=lambda wait: wait.due)[:most]
        for wait in group:
            del self._waiting[wait]
        return group

    def tell_all(self, error: Exception) -> None:
        tell(self._everybody, error)


def tell(group: Iterable[Wait], told: Task | Exception) -> None:
    """Gives them the task, or has the error raised where they wait."""
    for wait in group:
        with suppress(asyncio.InvalidStateError):  # it was told something else meanwhile, or has left
            if isinstance(told, Exception):
                wait.answer.set_exception(told)
            else:
                wait.answer.set_result(told)
