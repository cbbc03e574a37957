"""When EvoLink sets aside clearly more than was said, the next orders of that person wait for a yes.

The same person only: whoever pays more without being asked is the one to be asked, and the orders of others, who would
not even see the question, go on.
"""

from dataclasses import replace

from client.prices import UNITS_PER_CREDIT
from jobs.job import Job
from jobs.store import Overtaken, Store

TOLERANCE = 1.1
"""Times the price that was said."""

HELD = "owner = ? AND dearer"


def is_dearer(reserved: float | None, said: float | None) -> bool:
    """Whether what was set aside is over a tenth more than was said."""
    if reserved is None or not said:
        return False
    return in_credits(reserved, said) > said * TOLERANCE


def in_credits(reserved: float, said: float) -> float:
    """What was set aside, in credits. EvoLink sometimes tells units, of which 10,000 are a credit: no mistake about a
    price comes near that."""
    return reserved / UNITS_PER_CREDIT if reserved >= said * UNITS_PER_CREDIT / 10 else reserved


async def waits_for_a_yes(store: Store, owner: str) -> bool:
    """Whether this person has yet to agree to a price."""
    return bool(await store.figures(f"SELECT 1 FROM job WHERE {HELD} LIMIT 1", owner))


async def agree(store: Store, owner: str) -> list[Job]:
    """The yes. Returns the jobs that waited for it."""
    for job in await store.select(HELD, owner):
        await _settle(store, job)
    return await store.select("owner = ? AND state IN ('new', 'submitting')", owner)


async def _settle(store: Store, job: Job | None) -> None:
    while job and job.dearer:
        try:
            job = await store.write(job, replace(job, dearer=False))
        except Overtaken:
            job = await store.job(job.id)
