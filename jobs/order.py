"""The paid request itself: sent at most once, and what became of it written down."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from client.answers import Task
from client.errors import EvoLinkError, OutcomeUnknown, Refused, TooManyRequests
from client.idempotency import Idempotency
from client.outcomes import PAID_OUTCOME_UNKNOWN
from jobs import pace, troubles
from jobs.agreement import is_dearer
from jobs.evidence import adopted
from jobs.job import Job
from jobs.ride import Ride
from jobs.states import State
from jobs.store import Overtaken

logger = logging.getLogger(__name__)

NOTHING_UNDER_WAY = frozenset(
    {troubles.UNREACHABLE_FOR_NOW.code, troubles.WAITING.code, troubles.HELD.code, troubles.DISK_FULL.code}
)
"""What is written down while a job waits to ask again."""

SAVE_AGAIN = 2.0
"""Seconds until the next try to write down a task id that the disk did not take."""


async def order(ride: Ride) -> None:
    """Ends in SUBMITTED, REJECTED or UNKNOWN, or leaves SUBMITTING to be asked for once more.

    Raises NotSent or TooManyRequests: nothing is under way then.
    """
    purse = ride.means.purse
    ordered = replace(
        ride.job,
        state=State.SUBMITTING,
        body=json.dumps(ride.means.callbacks.asked(ride.job).body(ride.job.uploads)),
        sent=ride.now(),
        credits_before=purse.known if purse else None,
        key_mark=ride.means.key_mark,
        trouble=None,
    )
    await ride.write(ordered)
    await _unbroken(_ask(ride))


async def _ask(ride: Ride) -> None:
    """Sends and writes down what became of it. Raises NotSent or TooManyRequests. An answer that was lost may leave
    the job SUBMITTING, to be asked for once more."""
    try:
        task = await _submit(ride)
    except OutcomeUnknown as error:
        knows_the_key = error.code == PAID_OUTCOME_UNKNOWN
        if knows_the_key or not may_be_asked_once_more(ride.job, ride.means.idempotency, ride.now()):
            await ride.move(State.UNKNOWN, troubles.lost_answer(error))
    except TooManyRequests:
        raise
    except Refused as error:
        await ride.end(State.REJECTED, troubles.refusal(error))
    else:
        await _keep_receipt(ride, task)


async def order_once_more(ride: Ride) -> None:
    """The same bytes with the same key. Ends in SUBMITTED or UNKNOWN."""
    await ride.note(troubles.ASKING_AGAIN)
    await _unbroken(_ask_once_more(ride))


async def _ask_once_more(ride: Ride) -> None:
    """Only a receipt settles it now: whatever else is said of the repeat says nothing of the first request."""
    try:
        task = await _submit(ride)
    except EvoLinkError as error:
        await ride.move(State.UNKNOWN, troubles.lost_answer(error))
    else:
        await _keep_receipt(ride, task)


async def _submit(ride: Ride) -> Task:
    """The stored bytes with the stored key."""
    return await ride.means.service.submit((ride.job.body or "").encode(), idempotency_key=ride.job.idempotency_key)


async def _keep_receipt(ride: Ride, task: Task) -> None:
    """The task id is paid for: a disk that does not take it is asked until it does."""
    while ride.job.state in {State.SUBMITTING, State.UNKNOWN}:
        try:
            await ride.write(_submitted(ride.job, task, ride.now()))
        except Overtaken:
            await ride.read_again()
        except (sqlite3.OperationalError, OSError):
            logger.exception("Job %s: its task %s is not written down yet", ride.job.id, task.id)
            await ride.insist_on_waiting(SAVE_AGAIN)


def _submitted(job: Job, task: Task, now: float) -> Job:
    reserved = task.usage.credits_reserved if task.usage else None
    return replace(
        adopted(job, task.id, now),
        progress=task.progress,
        estimated_seconds=task.estimated_seconds,
        credits_reserved=reserved,
        dearer=is_dearer(reserved, job.credits_estimated),
    )


async def _unbroken(work: Coroutine[Any, Any, None]) -> None:
    """Lets `work` end even when the caller is cancelled meanwhile; a second cancellation ends both."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()
        raise


def nothing_is_under_way(job: Job) -> bool:
    """Whether the last request is known not to have arrived or to have been refused: that was written down after it,
    and is wiped out before the next goes out."""
    return job.trouble is not None and job.trouble.code in NOTHING_UNDER_WAY


def may_be_asked_once_more(job: Job, idempotency: Idempotency, now: float) -> bool:
    """Whether the same bytes may go out again with the same key. Once, soon, and only where EvoLink was seen to fold
    the two; then it makes no difference whether the program stopped in between."""
    asked_already = job.trouble is not None and job.trouble.code == troubles.ASKING_AGAIN.code
    soon = job.sent is not None and 0 <= now - job.sent <= pace.ASK_AGAIN_WITHIN
    return idempotency is Idempotency.PROVEN and soon and not asked_already
