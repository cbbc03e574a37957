"""A task in EvoLink's words."""

from sandbox.answers import Billing, TaskAnswer, TaskInfo, TaskRow, Usage
from sandbox.tasks import TaskRecord


def task_answer(
    record: TaskRecord, *, share: float, seconds_left: int, origin: str, receipt: bool = False
) -> TaskAnswer:
    """A task as it is told to somebody who reached us at `origin`; links lead there, whatever it was at the start."""
    done = record.status == "completed"
    return TaskAnswer(
        id=record.id,
        created=int(record.created),
        model=record.model,
        status=record.status,
        progress=int(share * 100),
        results=[f"{origin}/media/{record.video}"] if record.video else None,
        result_data={"elements": [{"element_id": record.element_id}]} if record.element_id else None,
        error=record.error,
        task_info=TaskInfo(
            can_cancel=receipt,
            estimated_time=seconds_left if record.unfinished else None,
            video_duration=record.seconds,
        ),
        usage=Usage(
            billing_rule=record.billing_rule,
            credits_reserved=record.credits,
            credits_used=None if record.unfinished else record.credits_used,
        ),
        billing=_billing(record),
        duration=None if record.took is None else round(record.took, 3),
        video_duration=record.seconds if done else None,
    )


def _billing(record: TaskRecord) -> Billing:
    released = not record.unfinished and record.status != "completed"
    return Billing(
        charge_status="reserved" if record.unfinished else "released" if released else "charged",
        refund_status="completed" if released else "not_required",
        reserved_credits=record.credits if record.unfinished else 0.0,
        charged_credits=record.credits_used,
        refunded_credits=record.credits if released else 0.0,
    )


def task_row(record: TaskRecord, share: float) -> TaskRow:
    """A task in the list."""
    return TaskRow(
        id=record.id,
        model=record.model,
        status=record.status,
        progress=int(share * 100),
        created_at=int(record.created),
        duration=None if record.took is None else round(record.took, 3),
        has_results=record.video is not None,
        result_count=int(record.video is not None),
        has_error=record.error is not None,
        credits_used=None if record.unfinished else record.credits_used,
    )
