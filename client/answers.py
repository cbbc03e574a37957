"""What EvoLink says. Read leniently: unknown fields are ignored, and an odd value counts as none."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WrapValidator

TaskState = Literal["pending", "processing", "completed", "failed", "cancelled", "unknown"]
ENDED: frozenset[TaskState] = frozenset({"completed", "failed", "cancelled"})

FARTHEST = 1e15
"""Numbers beyond mean nothing: no time in milliseconds and no amount of money comes near."""
LONGEST_ESTIMATE = 86400.0
"""Seconds."""


def _or_none(value: Any, read: Callable[[Any], Any]) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _percent(value: Any) -> int:
    """0 to 100, whatever was sent; what is no number counts as no progress."""
    try:
        return max(0, min(100, int(float(str(value).strip().rstrip("%")))))
    except (ValueError, OverflowError):
        return 0


def _state(value: Any) -> TaskState:
    word = str(value).strip().lower()
    return word if word in get_args(TaskState) else "unknown"  # type: ignore[return-value]


def _links(value: Any) -> list[str]:
    """Addresses among `results`: strings, or objects with `url` or `video_url`."""
    if not isinstance(value, list):
        return []
    found = [item.get("url") or item.get("video_url") if isinstance(item, dict) else item for item in value[:20]]
    return [item for item in found if isinstance(item, str) and item and item.isprintable()]


def _record(value: Any) -> Any:
    return value if isinstance(value, dict | BaseModel) else {}


def _tasks(value: Any) -> list[Any]:
    """The tasks of a list that can be read; one that cannot must not hide the others."""
    read = [_or_none(item, Task.model_validate) for item in value] if isinstance(value, list) else []
    return [task for task in read if task is not None]


LenientText = Annotated[str | None, BeforeValidator(_text), WrapValidator(_or_none)]
LenientNumber = Annotated[float | None, Field(ge=-FARTHEST, le=FARTHEST), WrapValidator(_or_none)]
LenientFlag = Annotated[bool | None, WrapValidator(_or_none)]


class Answered(BaseModel):
    """The manners of every answer."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TaskInfo(Answered):
    """`estimated_time` in seconds; `can_cancel` promises nothing, there is no public cancel call."""

    can_cancel: LenientFlag = None
    estimated_time: LenientNumber = None
    video_duration: LenientNumber = None


class Usage(Answered):
    """Money as the service tells it; the unit of `credits_reserved` is not certain."""

    billing_rule: LenientText = None
    credits_reserved: LenientNumber = None
    credits_used: LenientNumber = None
    user_group: LenientText = None


class Billing(Answered):
    """Settlement, where the service tells it."""

    charge_status: LenientText = None
    refund_status: LenientText = None
    reserved_credits: LenientNumber = None
    charged_credits: LenientNumber = None
    refunded_credits: LenientNumber = None


class TaskError(Answered):
    """Why a task failed."""

    code: LenientText = None
    message: LenientText = None
    type: LenientText = None
    suggestion: LenientText = None


class Task(Answered):
    """A task as the service sees it, from the receipt of a POST to its end. `created` is for display only."""

    id: Annotated[str, BeforeValidator(_text), Field(min_length=1, max_length=200)]
    model: LenientText = None
    type: LenientText = None
    created: LenientNumber = Field(default=None, validation_alias=AliasChoices("created", "created_at"))
    status: Annotated[TaskState, BeforeValidator(_state)] = "unknown"
    said: LenientText = Field(default=None, validation_alias=AliasChoices("status"))
    """The state in EvoLink's own word."""
    progress: Annotated[int, BeforeValidator(_percent)] = 0
    results: Annotated[list[str], BeforeValidator(_links)] = []
    result_data: Any = None
    error: Annotated[TaskError | None, WrapValidator(_or_none)] = None
    task_info: Annotated[TaskInfo | None, WrapValidator(_or_none)] = None
    usage: Annotated[Usage | None, WrapValidator(_or_none)] = None
    billing: Annotated[Billing | None, WrapValidator(_or_none)] = None
    video_duration: LenientNumber = None
    duration: LenientNumber = None
    request_id: LenientText = None

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def estimated_seconds(self) -> float | None:
        """None also for what nobody would believe."""
        seconds = self.task_info.estimated_time if self.task_info else None
        return seconds if seconds and 0 < seconds <= LONGEST_ESTIMATE else None

    @property
    def element_id(self) -> str | None:
        """The id of a custom element. Its nesting is not documented, so it is looked for in the known places."""
        data = self.result_data
        if isinstance(data, dict) and isinstance(data.get("elements"), list):
            data = data["elements"]
        if isinstance(data, list):
            data = data[0] if data else None
        found = _text((data.get("element_id") or data.get("id")) if isinstance(data, dict) else None)
        return found if isinstance(found, str) and found.isprintable() and len(found) <= 200 else None


class TaskPage(Answered):
    """A page of the account's tasks, newest first, without result links."""

    data: Annotated[list[Task], BeforeValidator(_tasks)] = []
    total: LenientNumber = None
    page: LenientNumber = None
    page_size: LenientNumber = None


class TaskBatch(Answered):
    """Several tasks by id; unknown ids are missing."""

    data: Annotated[list[Task], BeforeValidator(_tasks)] = []


class Purse(Answered):
    """Credits left and used."""

    remaining_credits: LenientNumber = None
    used_credits: LenientNumber = None
    unlimited_credits: LenientFlag = None


class CreditsData(Answered):
    """The key's own limit, and the account behind it."""

    token: Annotated[Purse | None, WrapValidator(_or_none)] = None
    user: Annotated[Purse | None, WrapValidator(_or_none)] = None


class Credits(Answered):
    """GET /v1/credits."""

    data: Annotated[CreditsData, BeforeValidator(_record)] = CreditsData()


class UploadedFile(Answered):
    """A picture on EvoLink's files service, kept 72 hours. `file_url` goes into the request."""

    file_id: LenientText = None
    file_url: Annotated[str, Field(min_length=1, max_length=2048)]
    download_url: LenientText = None
    file_size: LenientNumber = None
    expires_at: LenientText = None


class ErrorBody(Answered):
    """The parts of an error answer that are read, from either of the two envelopes."""

    code: LenientText = None
    message: LenientText = None
    type: LenientText = None
    param: LenientText = None
    request_id: LenientText = None
