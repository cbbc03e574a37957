"""EvoLink, the network and the disk of a room that is played step by step. It outlives every crash of the room."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from client.answers import Credits, Task, TaskPage, UploadedFile
from client.errors import (
    DeliveryError,
    DiskFull,
    EvoLinkError,
    KeyRefused,
    LinkExpired,
    NotAVideo,
    NotFound,
    NotSent,
    OutcomeUnknown,
    OutOfCredits,
    TooManyRequests,
    Unavailable,
)
from tests.drills.footage import film_by
from tests.drills.inline import Sundial

ACCOUNTS = ("another account", "the account")
FILMS = 6

Fate = Literal["taken", "taken, answer lost", "lost on the way", "not sent", "too many", "refused"]
ARRIVED = frozenset({"taken", "taken, answer lost"})
NEVER_ARRIVED = frozenset({"not sent", "too many"})
"""The only answers after which a machine may ask again."""

READINGS: dict[str, EvoLinkError | None] = {
    "fine": None,
    "down": Unavailable("Down."),
    "busy": TooManyRequests("Busy.", retry_after=7),
    "key refused": KeyRefused("No."),
    "forgetful": NotFound("Who?"),
}
DELIVERIES: dict[str, EvoLinkError | None] = {
    "fine": None,
    "slow": DeliveryError("It stopped.", code="delivery_broken"),
    "dead link": LinkExpired("Gone.", code="link_expired"),
    "not a video": NotAVideo("HTML.", code="not_a_video"),
    "no room": DiskFull("Full.", code="disk_full"),
}


@dataclass
class Made:
    """A task at the service, and the truth about it."""

    id: str
    key: str
    model: str
    account: str
    created: float
    film: bytes
    status: str = "pending"
    progress: int = 0

    def told(self, *, links: bool = True) -> Task:
        made = self.status == "completed" and links
        results = [f"https://files.example.org/{self.id}.mp4"] if made else []
        return Task.model_validate(
            {
                "id": self.id,
                "model": self.model,
                "created": self.created,
                "status": self.status,
                "progress": self.progress,
                "results": results,
                "task_info": {"estimated_time": 60},
            }
        )


@dataclass
class Asked:
    """A paid request that waits for its answer."""

    key: str
    body: bytes
    answer: asyncio.Future[Task]


@dataclass
class World:
    """`arrived` counts the paid requests by key, without those that provably never arrived."""

    clock: Sundial
    account: str = ACCOUNTS[-1]
    asked: list[Asked] = field(default_factory=list)
    tasks: dict[str, Made] = field(default_factory=dict)
    arrived: Counter[str] = field(default_factory=Counter)
    reading: str = "fine"
    delivery: str = "fine"
    tells: bool = True
    """Whether tasks are listed."""
    folds: bool = False
    """Whether two requests with one key are one order."""

    async def upload(self, source: Path | bytes, *, name: str, media_type: str) -> UploadedFile:
        return UploadedFile(file_url=f"https://files.example.org/{name}")

    async def submit(self, body: bytes, *, idempotency_key: str) -> Task:
        self.arrived[idempotency_key] += 1
        asked = Asked(idempotency_key, body, asyncio.get_running_loop().create_future())
        self.asked.append(asked)
        return await asked.answer

    async def task(self, task_id: str) -> Task:
        self._check_reading()
        made = self.tasks.get(task_id)
        if made is None or made.account != self.account:
            raise NotFound("Unknown.")
        return made.told()

    async def batch(self, task_ids: Sequence[str]) -> list[Task]:
        self._check_reading()
        found = (self.tasks.get(task_id) for task_id in task_ids)
        return [made.told() for made in found if made and made.account == self.account]

    async def tasks_page(self, page: int, page_size: int) -> TaskPage:
        self._check_reading()
        if not self.tells:
            raise NotFound("No such route.")
        mine = [made.told(links=False) for made in reversed(self.tasks.values()) if made.account == self.account]
        return TaskPage.model_validate({"data": mine[(page - 1) * page_size : page * page_size], "total": len(mine)})

    async def credits(self) -> Credits:
        raise Unavailable("Not told.")

    async def price_rules(self, model: str) -> Any:
        raise Unavailable("Not told.")

    async def fetch(self, link: str, target: Path) -> Path:
        if error := DELIVERIES[self.delivery]:
            raise error
        target.write_bytes(self.tasks[Path(link).stem].film)  # noqa: ASYNC240
        return target

    def answer(self, number: int, fate: Fate) -> None:
        """Answers any of the requests that wait."""
        asked = self.asked.pop(number % len(self.asked))
        made = self._take(asked) if fate in ARRIVED else None
        if fate in NEVER_ARRIVED:
            self.arrived[asked.key] -= 1
        if not asked.answer.done():
            match fate:
                case "taken" if made:
                    asked.answer.set_result(made.told())
                case "refused":
                    asked.answer.set_exception(OutOfCredits("No credits.", code="insufficient_credits", status=402))
                case "not sent":
                    asked.answer.set_exception(NotSent("Nobody there."))
                case "too many":
                    asked.answer.set_exception(TooManyRequests("Busy.", retry_after=3))
                case _:
                    asked.answer.set_exception(OutcomeUnknown("Cut."))

    def crash(self, *, arrives: bool) -> None:
        """Nobody is left to hear the answers."""
        for asked in self.asked:
            if arrives:
                self._take(asked)
        self.asked.clear()

    def _take(self, asked: Asked) -> Made:
        earlier = next((made for made in self.tasks.values() if made.key == asked.key), None)
        if earlier and self.folds:
            return earlier
        number = len(self.tasks)
        model = json.loads(asked.body)["model"]
        created = self.clock.now() - self.clock.jump
        made = Made(f"task-unified-{number}-abc", asked.key, model, self.account, created, film_by(str(number % FILMS)))
        self.tasks[made.id] = made
        return made

    def _check_reading(self) -> None:
        if error := READINGS[self.reading]:
            raise error


class Service:
    """The world as `client.api.EvoLink` and `client.delivery.Delivery` show it."""

    nearby = False

    def __init__(self, world: World) -> None:
        self._world = world
        self.upload, self.submit, self.task, self.batch = world.upload, world.submit, world.task, world.batch
        self.credits, self.price_rules, self.fetch = world.credits, world.price_rules, world.fetch

    async def tasks(
        self, *, page: int = 1, page_size: int = 20, model: str | None = None, status: str | None = None
    ) -> TaskPage:
        return await self._world.tasks_page(page, page_size)
