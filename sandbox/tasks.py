"""A task's life: pending -> processing -> completed | failed | cancelled. Kept on disk, one file each."""

import re
import secrets
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict

from client.elements import ElementRequest
from client.schema import MODEL, VideoRequest
from sandbox.answers import BillingRule, TaskError, TaskStatus
from sandbox.disk import read_records, write_record

PREFIX: Final = "task-unified-"
IDEMPOTENCY_KEY: Final = re.compile(r"[A-Za-z0-9._-]{16,96}")

MOVES: Final[dict[TaskStatus, frozenset[TaskStatus]]] = {
    "pending": frozenset({"processing"}),
    "processing": frozenset({"completed", "failed", "cancelled", "pending"}),
    "completed": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}
"""From processing back to pending only at a restart: the work begins anew."""

_CODE_LETTERS = string.ascii_lowercase + string.digits


CalledBack = Literal["delivered", "given_up"]


class Fate(BaseModel):
    """An end decided beforehand, for drills: failed with a code, cancelled, or none at all."""

    model_config = ConfigDict(frozen=True)

    end: Literal["failed", "cancelled", "never"]
    code: str = "service_error"


class TaskRecord(BaseModel):
    """What is known of a task. Times are unix seconds; addresses of our own are those of `origin`."""

    model_config = ConfigDict(frozen=True)

    id: str
    created: float
    model: str
    request: dict[str, Any]
    origin: str
    credits: float
    billing_rule: BillingRule
    fingerprint: str
    idempotency_key: str | None = None
    callback_url: str | None = None
    fate: Fate | None = None
    status: TaskStatus = "pending"
    started: float | None = None
    ended: float | None = None
    video: str | None = None
    element_id: str | None = None
    error: TaskError | None = None
    called_back: CalledBack | None = None

    def moved(self, status: TaskStatus, **changes: Any) -> Self:
        """The task in its next state. Raises ValueError for a move that is not allowed."""
        if status not in MOVES[self.status]:
            raise ValueError(f"{self.status} -> {status}")
        return self.model_copy(update={"status": status, **changes})

    def called_back_as(self, outcome: CalledBack) -> Self:
        """The task when its callback is done with."""
        return self.model_copy(update={"called_back": outcome})

    def asked(self) -> VideoRequest | ElementRequest:
        """The request as it was checked when it came."""
        kind = VideoRequest if self.model == MODEL else ElementRequest
        context = {"wire": True, "own_origin": self.origin, "pictures_optional": True}
        return kind.model_validate(self.request, context=context)

    @property
    def seconds(self) -> int | None:
        """Length of the video."""
        length = self.request.get("duration")
        return length if isinstance(length, int) else None

    @property
    def unfinished(self) -> bool:
        return self.status in ("pending", "processing")

    @property
    def owes_callback(self) -> bool:
        """Whether somebody has to be told of the end, and was not."""
        return self.callback_url is not None and not self.unfinished and self.called_back is None

    @property
    def credits_used(self) -> float:
        return self.credits if self.status == "completed" else 0.0

    @property
    def credits_held(self) -> float:
        """Reserved or spent; given back when there is no result."""
        return self.credits if self.unfinished else self.credits_used

    @property
    def took(self) -> float | None:
        """Seconds of work."""
        return self.ended - self.started if self.started is not None and self.ended is not None else None


def new_task_id(now: float) -> str:
    return f"{PREFIX}{int(now)}-{''.join(secrets.choice(_CODE_LETTERS) for _ in range(8))}"


class Tasks:
    """Every task of the account, in the order of their making. Progress lives in memory: after a restart the work
    begins anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._records: dict[str, TaskRecord] = {}
        self._by_key: dict[str, str] = {}
        self._progress: dict[str, float] = {}

    def load(self) -> None:
        """Reads what an earlier run left. What was under way waits again."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for record in sorted(read_records(self._folder, TaskRecord), key=lambda record: record.created):
            self._keep(record.moved("pending", started=None) if record.status == "processing" else record)

    def put(self, record: TaskRecord) -> TaskRecord:
        """Keeps a task as it is now; on disk before anybody hears of it."""
        write_record(self._folder / f"{record.id}.json", record)
        self._keep(record)
        return record

    def _keep(self, record: TaskRecord) -> None:
        self._records[record.id] = record
        if record.idempotency_key:
            self._by_key.setdefault(record.idempotency_key, record.id)
        if not record.unfinished:
            self._progress.pop(record.id, None)

    def get(self, task_id: str) -> TaskRecord | None:
        return self._records.get(task_id)

    def by_idempotency_key(self, key: str) -> TaskRecord | None:
        """The first task that was made with this key."""
        return self._records.get(self._by_key.get(key, ""))

    def __iter__(self) -> Iterator[TaskRecord]:
        return iter(self._records.values())

    def newest_first(self) -> Iterator[TaskRecord]:
        return reversed(self._records.values())

    def unfinished(self) -> list[TaskRecord]:
        return [record for record in self if record.unfinished]

    def knows_element(self, element_id: str) -> bool:
        return any(record.element_id == element_id for record in self)

    def credits_held(self) -> float:
        return sum(record.credits_held for record in self)

    def credits_used(self) -> float:
        return sum(record.credits_used for record in self)

    def report(self, task_id: str, share: float) -> None:
        """Takes down the share of the work that is done, 0 to 1."""
        self._progress[task_id] = max(0.0, min(1.0, share))

    def progress(self, record: TaskRecord) -> float:
        """The share that is done. 1 belongs to completed tasks alone, and a failed one has done nothing."""
        match record.status:
            case "completed":
                return 1.0
            case "failed" | "cancelled":
                return 0.0
            case "pending" | "processing":
                return min(self._progress.get(record.id, 0.0), 0.99)
