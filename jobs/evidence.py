"""UNKNOWN: the answer to the paid request was lost. What turns up since, and what it proves. Nothing is ordered here.

In this order: the task that a callback with the job's own token named, if the service knows it; a task of the account
that can be nobody else's; the balance, which is only told. Five looks in two minutes; then a person is asked, who may
have it looked for once more.
"""

import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from client.answers import Task
from client.errors import EvoLinkError, Refused, TooManyRequests
from jobs import pace
from jobs.job import Job
from jobs.ride import Means, Ride
from jobs.states import State
from jobs.store import Store

WINDOW = 120.0
"""Seconds between the order and the beginning of a task that may be its own."""
PAGE = 50
PAGES = 4

LOOKED_FOR = f"state = 'unknown' AND sent IS NOT NULL AND looks < {len(pace.EVIDENCE)}"
"""The jobs that are `looking`, in SQL."""
TIED = "SELECT value FROM json_each(?) WHERE value IN (SELECT task_id FROM job WHERE task_id IS NOT NULL)"
RIVALS = "id <> ? AND kind = ? AND state IN ('submitting', 'unknown') AND sent BETWEEN ? AND ? ORDER BY rowid"


@dataclass(frozen=True)
class Candidates:
    """`sure`: the one task that is the job's. `shown`: those of which a person may say it."""

    sure: str | None = None
    shown: tuple[str, ...] = ()


async def look(ride: Ride) -> None:
    """One look, and the wait for the next. Ends in SUBMITTED, or with one look less to come."""
    await ride.read_again()
    if not ride.job.looking:
        return
    looks, shown, hint = ride.job.looks + 1, ride.job.candidates, ride.job.task_hint
    try:
        found = await _candidates(ride)
        if found.sure and await _adopt(ride, found.sure):
            return
        shown = found.shown
    except EvoLinkError as error:
        if isinstance(error, Refused) and not isinstance(error, TooManyRequests):
            looks = len(pace.EVIDENCE)
    told = replace(ride.job, looks=looks, candidates=shown)
    await ride.write(await with_balance(ride.means, told))
    if ride.job.task_hint != hint:  # a callback came meanwhile
        await ride.write(replace(ride.job, looks=0))
    elif ride.job.looking:
        await ride.wait(pace.EVIDENCE[ride.job.looks])


def adopted(job: Job, task_id: str, now: float) -> Job:
    """The record once its task is known after all."""
    return replace(job, state=State.SUBMITTED, task_id=task_id, submitted=now, candidates=(), trouble=None)


async def with_balance(means: Means, job: Job) -> Job:
    """The record with the balance of now beside the one before the order; as it is when either is not known."""
    if means.purse is None or job.credits_before is None:
        return job
    means.purse.forget()
    balance = await means.purse.balance()
    return job if balance is None else replace(job, credits_after=float(balance))


def weighed(job: Job, tasks: Sequence[Task], tied: Collection[str], rivals: Sequence[Job]) -> Candidates:
    """What the account's list proves. `tied`: tasks of our other jobs. `rivals`: those whose task is not known.

    A task that a rival may have started is nobody's for sure. It is not even shown while the rival's own answer is on
    its way, or when the rival is another person's, whose video it would be.
    """
    free = [task for task in tasks if task.model == job.request.model and task.id not in tied and _near(job, task)]
    shown, doubtful = [], False
    for task in free:
        others = [rival for rival in rivals if _near(rival, task)]
        doubtful = doubtful or bool(others)
        if all(other.state is State.UNKNOWN and other.owner == job.owner for other in others):
            shown.append(task.id)
    if len(free) == 1 and not doubtful:
        return Candidates(sure=free[0].id)
    return Candidates(shown=tuple(shown))


async def _candidates(ride: Ride) -> Candidates:
    """Raises EvoLinkError when the list cannot be had."""
    job = ride.job
    if job.task_hint and await _may_be_its_own(ride, job.task_hint):
        return Candidates(sure=job.task_hint)
    tasks = await _tasks_since(ride, (job.sent or 0.0) - WINDOW)
    return await compared(ride.means.store, job, tasks)


async def compared(store: Store, job: Job, tasks: Sequence[Task]) -> Candidates:
    """What the account's list proves beside what we know of our other jobs."""
    return weighed(job, tasks, await _tied(store, tasks), await _rivals(store, job))


async def _rivals(store: Store, job: Job) -> list[Job]:
    sent = job.sent or 0.0
    return await store.select(RIVALS, job.id, job.kind.value, sent - 2 * WINDOW, sent + 2 * WINDOW)


async def _tied(store: Store, tasks: Sequence[Task]) -> set[str]:
    """Those that are the tasks of jobs. What a callback named is not: anybody who has seen a token may have called."""
    return {task_id for (task_id,) in await store.figures(TIED, json.dumps([task.id for task in tasks]))}


async def _may_be_its_own(ride: Ride, task_id: str) -> bool:
    """Whether the service knows the task that a callback with the job's token named, and it is no other job's: neither
    tied to one, nor perhaps in the answer that is on its way to one. If not, it stays a hint for the next look.

    Against other orders whose answers were lost, the token decides: nobody else was told of it.
    """
    store = ride.means.store
    try:
        task = await ride.means.service.task(task_id)
    except EvoLinkError:
        return False
    if task.model not in (None, ride.job.request.model) or await _tied(store, [task]):
        return False
    rivals = await _rivals(store, ride.job)
    return not any(rival.state is State.SUBMITTING and _near(rival, task) for rival in rivals)


async def _tasks_since(ride: Ride, since: float) -> list[Task]:
    """The account's tasks of this model, newest first, back to that time and not much further."""
    found: dict[str, Task] = {}
    for page in range(1, PAGES + 1):
        told = await ride.means.service.tasks(page=page, page_size=PAGE, model=ride.job.request.model)
        found |= {task.id: task for task in told.data}
        if len(told.data) < PAGE or (told.data[-1].created or 0.0) < since:
            break
    return list(found.values())


async def _adopt(ride: Ride, task_id: str) -> bool:
    """Whether it is the job's now; not when another job has got it meanwhile."""
    try:
        await ride.write(adopted(ride.job, task_id, ride.now()))
    except sqlite3.IntegrityError:
        return False
    return True


def _near(job: Job, task: Task) -> bool:
    return job.sent is not None and task.created is not None and abs(task.created - job.sent) <= WINDOW
