"""The routes of the API host: submit, look, list, credits, models."""

from typing import Annotated, Any, Final, Literal

from fastapi import Header, Path, Query, Request, Response
from pydantic import BaseModel, Field

from client.elements import ElementRequest
from client.schema import VideoRequest
from sandbox.answers import (
    TaskAnswer,
    TaskBatch,
    TaskPage,
)
from sandbox.envelopes import Refusal
from sandbox.faults import FATED
from sandbox.gate import api_router
from sandbox.pace import seconds_ahead, seconds_left, seconds_per_megapixel
from sandbox.parts import Here, Origin, Parts
from sandbox.requests import at_home, fingerprint, price, read_body, read_request
from sandbox.tasks import IDEMPOTENCY_KEY, PREFIX, TaskRecord, new_task_id
from sandbox.wording import task_answer, task_row

MAX_BATCH: Final = 50
MAX_PAGE: Final = 50

router = api_router()

BODIES: Final = (VideoRequest, ElementRequest)
_SUBMITTED: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"oneOf": [{"$ref": f"#/components/schemas/{kind.__name__}"} for kind in BODIES]}
            }
        },
    },
    "callbacks": {
        "ended": {
            "{$request.body#/callback_url}": {
                "post": {
                    "summary": "The task has ended",
                    "description": "Sent once, when a task is completed, failed or cancelled; retried after 1, 2 and"
                    " 4 seconds unless a 2xx comes within 10.",
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TaskAnswer"}}},
                    },
                    "responses": {"2XX": {"description": "Accepted; the body is not read"}},
                }
            }
        }
    },
}


TaskId = Annotated[str, Path(json_schema_extra={"pattern": f"^{PREFIX}"})]


class TaskIds(BaseModel):
    """Tasks to look at together."""

    task_ids: Annotated[list[str], Field(max_length=MAX_BATCH)]


@router.post(
    "/videos/generations",
    name="submit",
    response_model=TaskAnswer,
    response_model_exclude_none=True,
    openapi_extra=_SUBMITTED,
)
async def submit(
    request: Request,
    response: Response,
    here: Here,
    origin: Origin,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> TaskAnswer:
    """Takes a request, reserves its credits and gives the receipt. The work begins when there is room."""
    said = read_body(await request.body())
    print_of_it = fingerprint(said)
    key = idempotency_key if idempotency_key and IDEMPOTENCY_KEY.fullmatch(idempotency_key) else None
    earlier = _earlier(here, key, print_of_it)
    if earlier:
        response.headers["Idempotency-Replayed"] = "true"
        return _told(here, earlier, origin, receipt=True)
    asked = read_request(
        at_home(said, origin, lambda address: here.files.at(address) is not None), origin, here.settings
    )
    _check_elements(here, asked)
    wait = here.submits.enter()
    if wait is not None:
        raise Refusal(429, retry_after=max(1, round(wait)))
    record = _made(here, asked, origin, key, print_of_it)
    here.tasks.put(record)
    here.runner.start(record)
    return _told(here, record, origin, receipt=True)


@router.post("/tasks/batch", name="batch", response_model=TaskBatch, response_model_exclude_none=True)
async def batch(ids: TaskIds, here: Here, origin: Origin) -> TaskBatch:
    """Several tasks as they are now; unknown ones are missing."""
    found = (here.tasks.get(task_id) for task_id in ids.task_ids)
    return TaskBatch(data=[_told(here, record, origin) for record in found if record])


@router.get("/tasks/{task_id}", name="task", response_model=TaskAnswer, response_model_exclude_none=True)
async def task(task_id: TaskId, here: Here, origin: Origin) -> TaskAnswer:
    """A task as it is now."""
    if not task_id.startswith(PREFIX):
        raise Refusal(400, f"A task id begins with {PREFIX}.", code="invalid_task_id", param="task_id")
    record = here.tasks.get(task_id)
    if record is None:
        raise Refusal(404)
    return _told(here, record, origin)


@router.get("/tasks", name="tasks", response_model=TaskPage, response_model_exclude_none=True)
async def tasks(
    here: Here,
    status: Literal["pending", "processing", "completed", "failed", "cancelled"] | None = None,
    type: Literal["text", "image", "audio", "video"] | None = None,
    model: str | None = None,
    page: Annotated[int, Query(ge=1)] = 1,
    page_size: Annotated[int, Query(ge=1)] = 20,
) -> TaskPage:
    """The account's tasks, newest first, without links. `processing` covers those that wait; pages hold 50 at most."""
    size = min(page_size, MAX_PAGE)
    states = {"pending", "processing"} if status == "processing" else {status}
    found = [
        record
        for record in here.tasks.newest_first()
        if (status is None or record.status in states) and type in (None, "video") and model in (None, record.model)
    ]
    shown = found[(page - 1) * size : page * size]
    rows = [task_row(record, here.tasks.progress(record)) for record in shown]
    return TaskPage(data=rows, total=len(found), page=page, page_size=size)


def _earlier(here: Parts, key: str | None, print_of_it: str) -> TaskRecord | None:
    """The task that was made with the same key before."""
    earlier = here.tasks.by_idempotency_key(key) if key else None
    if earlier is None or here.settings.idempotency == "ignores":
        return None
    if earlier.fingerprint != print_of_it:
        raise Refusal(409)
    if here.settings.idempotency == "paid_outcome_unknown":
        raise Refusal(409, "The first request with this key may have been paid.", code="paid_outcome_unknown")
    return earlier


def _check_elements(here: Parts, asked: VideoRequest | ElementRequest) -> None:
    if here.settings.unknown_elements == "accept" or not isinstance(asked, VideoRequest) or not asked.model_params:
        return
    for place, element in enumerate(asked.model_params.element_list):
        if not here.tasks.knows_element(element.element_id):
            param = f"model_params.element_list.{place}.element_id"
            raise Refusal(400, "There is no element of this id.", param=param)


def _made(
    here: Parts, asked: VideoRequest | ElementRequest, origin: str, key: str | None, print_of_it: str
) -> TaskRecord:
    cost = price(asked)
    if cost.credits > here.settings.credits - here.tasks.credits_held():
        raise Refusal(402)
    fault = here.faults.take("submit", FATED)
    now = here.clock()
    return TaskRecord(
        id=new_task_id(now),
        created=now,
        model=asked.model,
        request=asked.body(),
        origin=origin,
        credits=cost.credits,
        billing_rule=cost.rule,
        fingerprint=print_of_it,
        idempotency_key=key,
        callback_url=asked.callback_url,
        fate=fault.fate if fault else None,
    )


def _told(here: Parts, record: TaskRecord, origin: str, *, receipt: bool = False) -> TaskAnswer:
    share = here.tasks.progress(record)
    pace = seconds_per_megapixel(here.tasks.newest_first())
    left = seconds_left(record, share, pace, here.clock())
    ahead = seconds_ahead(record, here.tasks, pace, here.settings.renders_at_once)
    return task_answer(record, share=share, seconds_left=left + round(ahead), origin=origin, receipt=receipt)
