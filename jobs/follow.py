"""SUBMITTED -> READY (an element: DONE). The task is read until it has ended. No failed reading ever ends a job."""

from dataclasses import dataclass, replace
from typing import assert_never

from client.answers import Task, TaskState
from client.errors import NotFound, NotSent, Refused, TooManyRequests, Unavailable
from jobs import pace, troubles
from jobs.job import Job, Kind, Trouble
from jobs.past import took
from jobs.ride import Ride
from jobs.states import State
from jobs.window import CALLED, Took, Window, learnt, pause

NOTE_AFTER = 3
"""Misses in a row that pass without a word."""

FOLLOWED = frozenset({State.SUBMITTED, State.STALLED})

RANK: dict[TaskState, int] = {"pending": 0, "processing": 1, "completed": 2}


@dataclass
class _Sight:
    """What this run has seen of the task. Moments by the monotonic clock."""

    ordered: float
    awake: float
    """The age of the task in seconds, without those that this machine slept through."""
    looked: float
    past: list[Took]
    window: Window | None = None
    misses: int = 0
    results_missed: int = 0
    insists: bool = False
    """On waiting: the result of a task that is made may take a moment."""
    missed_since: float | None = None
    """Since when the service does not know the task, if it does not."""
    stalled_since: float | None = None
    known: bool = False
    furthest: int = 0

    def look(self, now: float, waited: float) -> None:
        self.awake += min(now - self.looked, waited + pace.SLOWLY)
        self.looked = now


async def follow(ride: Ride) -> None:
    """Ends in READY, DONE, FAILED or CANCELLED; passes through STALLED when no end is in sight."""
    now, age = ride.means.clock.monotonic(), max(0.0, ride.now() - (ride.job.submitted or ride.now()))
    sight = _Sight(now - age, age, now, await took(ride.means.store, ride.job), known=ride.job.progress > 0)
    wait = 0.0 if ride.found in FOLLOWED else _usual_pause(ride, sight)
    while True:
        try:
            task = await _look(ride, sight, wait)
        except NotFound:
            wait = await _not_known(ride, sight)
        except (NotSent, Unavailable, TooManyRequests) as error:
            sight.misses += 1
            if sight.misses >= NOTE_AFTER:
                await ride.note(troubles.UNREACHABLE_FOR_NOW)
            wait = ride.backoff(sight.misses, error.retry_after)
        except Refused as error:
            await ride.note(troubles.unreadable(error))
            wait = pace.SLOWLY
        else:
            await ride.write(told(ride.job, task, ride.now()))
            if ride.job.state not in FOLLOWED:
                ride.means.callbacks.ended(ride.job)
                return
            if task.status == "completed" and sight.results_missed == len(pace.RESULT_MISSING):
                await ride.end(State.FAILED, troubles.MADE_IN_VAIN[ride.job.kind])
                ride.means.callbacks.ended(ride.job)
                return
            wait = await _under_way(ride, sight, task)


async def _look(ride: Ride, sight: _Sight, wait: float) -> Task:
    try:
        return await ride.read_task(wait, insist=sight.insists)
    finally:
        sight.look(ride.means.clock.monotonic(), wait)


async def _under_way(ride: Ride, sight: _Sight, task: Task) -> float:
    """What an answer means that is no end; seconds until the next look."""
    sight.misses, sight.missed_since, sight.known = 0, None, True
    rank = RANK.get(task.status, sight.furthest)
    if rank < sight.furthest:
        ride.means.poller.reading.tally["went_back"] += 1
    sight.furthest = max(rank, sight.furthest)
    sight.insists = task.status == "completed"
    if sight.insists:
        sight.results_missed += 1
        return pace.RESULT_MISSING[sight.results_missed - 1]
    longest = pace.STRANGE if task.status == "unknown" else pace.stalled_after(ride.job.estimated_seconds)
    if sight.awake > longest:
        await ride.move(State.STALLED, troubles.NO_END_IN_SIGHT)
    return _usual_pause(ride, sight)


async def _not_known(ride: Ride, sight: _Sight) -> float:
    """The service does not know the task: not yet, not any more, or not with this key. Seconds until the next look."""
    now = ride.means.clock.monotonic()
    sight.misses = 0
    if ride.job.key_mark and ride.job.key_mark != ride.means.key_mark:
        await ride.note(troubles.OTHER_KEY)
        return pace.SLOWLY
    if sight.missed_since is None:
        sight.missed_since = now
    if now - sight.missed_since > pace.EARLY:
        await ride.move(State.STALLED, troubles.NOT_KNOWN_ANY_MORE if sight.known else troubles.NOT_KNOWN)
        return _usual_pause(ride, sight)
    return min(pace.SOON_KNOWN, _usual_pause(ride, sight))


def _usual_pause(ride: Ride, sight: _Sight) -> float:
    now = ride.means.clock.monotonic()
    if ride.job.state is State.STALLED:
        sight.stalled_since = now if sight.stalled_since is None else sight.stalled_since
        return pace.stalled_pause(now - sight.stalled_since)
    sight.window = sight.window or learnt(ride.job.estimated_seconds, sight.past)
    called = ride.means.callbacks.relied_on(ride.job)
    return CALLED if called else pause(now - sight.ordered, sight.window, ride.means.poller.company)


def told(job: Job, task: Task, now: float) -> Job:
    """The record after what the service told. Progress only grows; completed without a result changes no state; what
    was reserved stays known when nothing is reserved any more."""
    job = replace(
        job,
        progress=max(job.progress, task.progress),
        estimated_seconds=job.estimated_seconds or task.estimated_seconds,
        credits_reserved=_reserved(task) or job.credits_reserved,
        credits_charged=_known(_charged(task), job.credits_charged),
        trouble=_passing(job, task),
    )
    match task.status:
        case "completed":
            return _made(job, task, now)
        case "failed":
            return replace(job, state=State.FAILED, ended=now, trouble=troubles.failure(task))
        case "cancelled":
            return replace(job, state=State.CANCELLED, ended=now, trouble=troubles.CANCELLED)
        case "pending" | "processing" | "unknown":
            return job
        case _:
            assert_never(task.status)


def _passing(job: Job, task: Task) -> Trouble | None:
    if job.state is State.STALLED:
        return troubles.NO_END_IN_SIGHT
    return troubles.new_state(task) if task.status == "unknown" else None


def _made(job: Job, task: Task, now: float) -> Job:
    """An element is ours with its id; a video has a link first."""
    if job.kind is Kind.ELEMENT and task.element_id:
        return replace(job, state=State.DONE, progress=100, element_id=task.element_id, ended=now, trouble=None)
    if job.kind is Kind.VIDEO and task.results:
        return replace(job, state=State.READY, progress=100, link=task.results[0], ready=now, trouble=None)
    return job


def _reserved(task: Task) -> float | None:
    usage = task.usage.credits_reserved if task.usage else None
    return _known(task.billing.reserved_credits if task.billing else None, usage)


def _charged(task: Task) -> float | None:
    usage = task.usage.credits_used if task.usage else None
    return _known(task.billing.charged_credits if task.billing else None, usage)


def _known(better: float | None, other: float | None) -> float | None:
    return other if better is None else better
