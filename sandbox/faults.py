"""Switches for trouble, for tests and drills. Each is armed for one route and goes off a number of times."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from sandbox.tasks import Fate

Route = Literal[
    "submit", "task", "tasks", "batch", "credits", "models", "upload", "quota", "list", "delete", "file", "media"
]

Answered = Literal["status", "html", "garbage", "redirect", "cut", "reset", "truncated", "slow"]
Twisted = Literal["processing_first", "empty_results", "unknown_status"]
Fated = Literal["fail", "cancel", "hang"]

ANSWERED: Final[frozenset[str]] = frozenset(get_args(Answered))
TWISTED: Final[frozenset[str]] = frozenset(get_args(Twisted))
FATED: Final[frozenset[str]] = frozenset(get_args(Fated))


class Fault(BaseModel):
    """One kind of trouble at one route.

    Instead of the answer: `status` (with `status`, `code` as a string or a number, `retry_after`), `html` (a proxy's
    page with `status`), `garbage` (200 that is no JSON), `redirect` (307 elsewhere), `cut` (the connection closes
    without an answer), `reset` (it breaks). With `accepted` the work is done first: a task is made, its answer lost.
    The answer spoilt: `truncated` (half of it, then the connection closes), `slow` (it comes `seconds` later),
    `processing_first`, `empty_results` (completed without a link), `unknown_status`.
    The task made at `submit`: `fail` (with `code`), `cancel`, `hang` (it never ends).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    route: Route
    kind: Answered | Twisted | Fated
    times: int = Field(default=1, ge=1)
    """How often it goes off."""
    accepted: bool = False
    """Do the work first, then lose the answer."""
    status: int = Field(default=503, ge=200, le=599)
    code: str | int | None = None
    """Of the refusal, or of the failed task."""
    retry_after: float | None = Field(default=None, ge=0)
    seconds: float = Field(default=1.0, ge=0)

    @property
    def fate(self) -> Fate:
        """The end of the task that is made while this is armed."""
        match self.kind:
            case "cancel":
                return Fate(end="cancelled")
            case "hang":
                return Fate(end="never")
            case _:
                return Fate(end="failed", code=str(self.code or "service_error"))


class Faults:
    """What is armed, first come first."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._armed: list[Fault] = list(faults)

    def arm(self, fault: Fault) -> None:
        self._armed.append(fault)

    def clear(self) -> None:
        self._armed.clear()

    @property
    def armed(self) -> list[Fault]:
        """What has not gone off yet, with the times that are left."""
        return list(self._armed)

    def waiting(self, route: str, kinds: frozenset[str]) -> Fault | None:
        """The next one of these kinds at a route."""
        return next((fault for fault in self._armed if fault.route == route and fault.kind in kinds), None)

    def take(self, route: str, kinds: frozenset[str]) -> Fault | None:
        """The same, and it counts as gone off."""
        fault = self.waiting(route, kinds)
        if fault:
            self._spend(fault)
        return fault

    def twist(self, route: str, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """An answer, spoilt if something is armed that changes it; only then that counts as gone off."""
        fault = self.waiting(route, TWISTED)
        twisted = twisted_answer(fault, answer) if fault else answer
        if fault and twisted != answer:
            self._spend(fault)
        return twisted

    def _spend(self, fault: Fault) -> None:
        place = self._armed.index(fault)
        if fault.times > 1:
            self._armed[place] = fault.model_copy(update={"times": fault.times - 1})
        else:
            del self._armed[place]


def twisted_answer(fault: Fault, answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """A task's answer with one thing wrong. What it does not fit stays as it is."""
    if "status" not in answer:
        return answer
    match fault.kind:
        case "processing_first":
            return {**answer, "status": "processing", "progress": 1}
        case "empty_results" if answer.get("results"):
            return {**answer, "results": []}
        case "unknown_status":
            return {**answer, "status": "reticulating"}
        case _:
            return answer
