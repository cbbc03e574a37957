"""Routes for drills: arm faults, and read which requests made work."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from sandbox.faults import Fault
from sandbox.parts import Here
from sandbox.tasks import CalledBack, TaskRecord

router = APIRouter(prefix="/sandbox", tags=["drills"])


class LedgerRow(BaseModel):
    """A request that made a paid task."""

    task_id: str
    created: float
    model: str
    credits: float
    idempotency_key: str | None
    request: dict[str, Any]
    called_back: CalledBack | None
    """What became of its callback; nothing yet, or none was asked for."""


def ledger_row(record: TaskRecord) -> LedgerRow:
    return LedgerRow(
        task_id=record.id,
        created=record.created,
        model=record.model,
        credits=record.credits,
        idempotency_key=record.idempotency_key,
        request=record.request,
        called_back=record.called_back,
    )


@router.get("/ledger")
async def ledger(here: Here) -> list[LedgerRow]:
    """Every task that was ever made here, oldest first: one row for each request that was paid."""
    return [ledger_row(record) for record in here.tasks]


@router.post("/faults")
async def arm(fault: Fault, here: Here) -> list[Fault]:
    """Arms a fault; the answer is what is armed now."""
    here.faults.arm(fault)
    return here.faults.armed


@router.get("/faults")
async def armed(here: Here) -> list[Fault]:
    """What has not gone off yet."""
    return here.faults.armed


@router.delete("/faults")
async def clear(here: Here) -> list[Fault]:
    """Disarms everything."""
    here.faults.clear()
    return here.faults.armed
