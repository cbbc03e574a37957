"""What the sandbox says when all is well. Strict, where `client.answers` reads leniently."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

TaskStatus = Literal["pending", "processing", "completed", "failed", "cancelled"]
BillingRule = Literal["per_second", "per_call"]


class Said(BaseModel):
    """The manners of every answer: what is None is left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TaskInfo(Said):
    """Seconds: `estimated_time` until the end, `video_duration` of the result."""

    can_cancel: bool
    estimated_time: int | None = None
    video_duration: int | None = None


class Usage(Said):
    """Credits: held at the beginning, spent when settled."""

    billing_rule: BillingRule
    credits_reserved: float
    credits_used: float | None = None
    user_group: str = "default"


class Billing(Said):
    """The same money as a settlement."""

    refund_scope: str = "account_balance"
    charge_status: Literal["reserved", "charged", "released"]
    refund_status: Literal["not_required", "completed"]
    reserved_credits: float
    charged_credits: float
    refunded_credits: float


class TaskError(Said):
    """Why a task failed."""

    code: str
    message: str
    type: Literal["task_error"] = "task_error"


class TaskAnswer(Said):
    """A task, from the receipt to the result."""

    id: str
    object: Literal["video.generation.task"] = "video.generation.task"
    created: int
    model: str
    type: Literal["video"] = "video"
    status: TaskStatus
    progress: int
    results: list[str] | None = None
    result_data: dict[str, Any] | None = None
    error: TaskError | None = None
    task_info: TaskInfo
    usage: Usage
    billing: Billing
    duration: float | None = None
    video_duration: int | None = None


class TaskRow(Said):
    """A task in the list, without its links."""

    id: str
    model: str
    type: Literal["video"] = "video"
    status: TaskStatus
    progress: int
    created_at: int
    duration: float | None = None
    has_results: bool
    result_count: int
    has_error: bool
    credits_used: float | None = None


class TaskPage(Said):
    """A page of the account's tasks, newest first."""

    data: list[TaskRow]
    total: int
    page: int
    page_size: int


class TaskBatch(Said):
    """Several tasks by id; unknown ones are missing."""

    data: list[TaskAnswer]


class Purse(Said):
    """Credits left and spent."""

    remaining_credits: float
    used_credits: float
    unlimited_credits: bool | None = None


class Purses(Said):
    """The key's own, and the account's."""

    token: Purse
    user: Purse


class CreditsAnswer(Said):
    """What is left."""

    success: Literal[True] = True
    message: str = ""
    data: Purses


class ModelRow(Said):
    """A model the key may use."""

    id: str
    object: Literal["model"] = "model"
    owned_by: str = "sandbox"


class ModelList(Said):
    """The models the key may use."""

    object: Literal["list"] = "list"
    data: list[ModelRow]


class ErrorDetail(Said):
    """What was wrong, for a program and for a person."""

    code: str | int
    message: str
    type: str
    param: str | None = None


class ErrorAnswer(Said):
    """A refusal."""

    error: ErrorDetail


class CreditsErrorDetail(Said):
    """The same in the older dialect of the account."""

    code: str | int
    message: str
    type: str
    fallback_suggestion: str


class CreditsErrorAnswer(Said):
    """A refusal of the account."""

    error: CreditsErrorDetail
