"""From click to file, a step at a time. May be stopped anywhere and started again from the row alone."""

import asyncio
from typing import assert_never

from jobs.evidence import look
from jobs.fetch import fetch
from jobs.follow import follow
from jobs.job import Job
from jobs.ride import Means, Ride
from jobs.send import send, take_up
from jobs.states import State


async def drive(job: Job, means: Means, poke: asyncio.Event | None = None) -> Job:
    """Brings the job to rest and returns it. A set `poke` makes it look at once where it waits to look again.

    Raises Overtaken when somebody else moved the job meanwhile, and sqlite3.Error or OSError from the disk. One run
    of a job at a time; a run that finds the job SUBMITTING takes it that another run died there.
    """
    ride = Ride(job, means, poke or asyncio.Event())
    while True:
        match ride.job.state:
            case State.NEW | State.SUBMITTING if means.store.closed:
                return ride.job
            case State.NEW:
                await send(ride)
            case State.SUBMITTING:
                await take_up(ride)
            case State.UNKNOWN if ride.job.looking:
                await look(ride)
            case State.SUBMITTED | State.STALLED:
                await follow(ride)
            case State.READY | State.DOWNLOADING:
                await fetch(ride)
            case State.DONE | State.REJECTED | State.FAILED | State.CANCELLED | State.UNKNOWN | State.LINK_EXPIRED:
                return ride.job
            case _:
                assert_never(ride.job.state)
