"""Clips of the account that nobody here knows of: made before the disk was lost, and still to be had."""

from dataclasses import replace
from typing import Final

from client.answers import Task
from client.elements import ELEMENT_MODEL
from client.schema import MODEL
from jobs.evidence import WINDOW
from jobs.found import found_job
from jobs.job import Job, Kind
from jobs.ride import Means
from jobs.states import State
from jobs.store import Store

PAGE: Final = 50
PAGES: Final = 3
"""Of each kind, newest first."""
AGE: Final = 48 * 3600.0
"""Seconds. A link lives for 24 hours; the rest is for clocks that do not agree, and costs one look each."""
MODELS: Final = {Kind.VIDEO: MODEL, Kind.ELEMENT: ELEMENT_MODEL}
ALIVE: Final = frozenset({"pending", "processing", "completed"})

TIED: Final = (
    "SELECT task_id FROM job WHERE task_id IS NOT NULL UNION SELECT task_hint FROM job WHERE task_hint IS NOT NULL "
    "UNION SELECT value FROM job, json_each(job.candidates) WHERE job.state = 'unknown'"
)
LOST: Final = "SELECT sent FROM job WHERE state IN ('submitting', 'unknown') AND sent IS NOT NULL"


async def may_find(store: Store, owner: str) -> bool:
    """Whether this person may take what the account made: only while nobody else has anything here.

    A key does not tell its people apart, and neither do we before there are logins. Where several work, whoever asks
    first would get the clips of all. On a disk that was just lost, the first to come counts as the only one: who shares
    such a place with strangers shares the account with them anyway.
    """
    ((others,),) = await store.figures("SELECT count(*) FROM job WHERE owner NOT IN (?, '')", owner)
    return bool(owner) and not others


async def find_clips(means: Means, owner: str) -> list[Job]:
    """Makes a job of each task that belongs to none, ready to be followed and fetched; nothing is ordered.

    Left out is what may still turn out to be the task of an order whose answer was lost. Raises EvoLinkError, and
    sqlite3.Error.
    """
    if not await may_find(means.store, owner):
        return []
    made = [job for kind in MODELS for job in await _of_kind(means, owner, kind)]
    return [await means.store.add(job) for job in reversed(made)]


async def _of_kind(means: Means, owner: str, kind: Kind) -> list[Job]:
    """The jobs to be made, newest first."""
    now = means.clock.now()
    tied = {task_id for (task_id,) in await means.store.figures(TIED)}
    lost = [sent for (sent,) in await means.store.figures(LOST)]
    found: list[Task] = []
    for page in range(1, PAGES + 1):
        told = await means.service.tasks(page=page, page_size=PAGE, model=MODELS[kind])
        found += told.data
        if len(told.data) < PAGE:
            break
    wanted = [task for task in found if task.id not in tied and _worth_a_look(task, kind, lost, now)]
    return [_job(task, kind, owner, now) for task in wanted]


def _worth_a_look(task: Task, kind: Kind, lost: list[float], now: float) -> bool:
    """An element does not age; a video does. A task that does not say when it was made is looked at."""
    if task.status not in ALIVE:
        return False
    if task.created is None:
        return True
    fresh = kind is Kind.ELEMENT or now - task.created < AGE
    return fresh and all(abs(task.created - sent) > WINDOW for sent in lost)


def _job(task: Task, kind: Kind, owner: str, now: float) -> Job:
    seconds = task.video_duration or (task.task_info and task.task_info.video_duration) or task.duration
    made = found_job(kind, owner=owner, nonce=f"task:{task.id}", now=now, seconds=seconds)
    created = min(now, task.created or now)
    return replace(made, state=State.SUBMITTED, task_id=task.id, created=created, submitted=now)
