"""READY -> DONE: the file comes home. Made and paid for, it is given up only when no link works any more."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from client.errors import (
    DeliveryError,
    DiskFull,
    EvoLinkError,
    LinkExpired,
    NotAVideo,
    NotFound,
    NotSent,
    Refused,
    TooManyRequests,
    Unavailable,
)
from client.mp4 import duration
from client.schema import VideoRequest
from jobs import pace, troubles
from jobs.found import request_is_known
from jobs.job import Job
from jobs.labels import write_label
from jobs.length import too_short
from jobs.ride import Ride
from jobs.states import State

DEAD_LINKS = 3
"""Links in a row that must be dead before a person is asked."""

SHORT_FILMS = 3
"""How often a film may come too short before it is believed. The first is kept until another one is here."""


async def fetch(ride: Ride) -> None:
    """Ends in DONE or LINK_EXPIRED."""
    if ride.job.state is State.READY:
        await ride.move(State.DOWNLOADING)
    video = ride.means.shelf.video_path(ride.job.id)
    if not ride.means.shelf.video(ride.job.id):
        await _bring(ride)
        if ride.job.state is State.LINK_EXPIRED:
            return
        await _insist_on_length(ride, video)
    seconds = await asyncio.to_thread(duration, video)
    await asyncio.to_thread(write_label, video, _request(ride.job))
    done = replace(ride.job, state=State.DONE, video=video.name, progress=100, ended=ride.now(), trouble=None)
    await ride.write(replace(done, video_seconds=seconds))


async def _bring(ride: Ride) -> None:
    """Ends with the file on the shelf, or in LINK_EXPIRED."""
    dead = misses = 0
    while True:
        try:
            await _fetch_once(ride)
            return
        except DiskFull:
            await ride.note(troubles.DISK_FULL)
            pause = pace.SLOWLY
        except (DeliveryError, NotFound, NotSent, Unavailable, TooManyRequests) as error:
            if _link_is_dead(error):
                dead += 1
                await ride.write(replace(ride.job, link=None))
                if dead == DEAD_LINKS:
                    await ride.move(State.LINK_EXPIRED, troubles.dead_link(error))
                    return
                pause = ride.backoff(dead)
            else:
                misses += 1
                link = None if isinstance(error, NotAVideo) else ride.job.link
                await ride.write(replace(ride.job, link=link, trouble=troubles.DELIVERY_DELAYED))
                pause = ride.backoff(misses, error.retry_after)
        except Refused as error:
            await ride.note(troubles.unreadable(error))
            pause = pace.SLOWLY
        ride.means.landing.watch(ride.job, ride.now())
        await ride.wait(pause)


async def _insist_on_length(ride: Ride, video: Path) -> None:
    """A film that is too short may be a mistake of the delivery. It is paid for: whatever happens now, one is there."""
    if not request_is_known(ride.job):
        return
    for number in range(1, SHORT_FILMS):
        seconds = await asyncio.to_thread(duration, video)
        if not too_short(seconds or 0.0, _request(ride.job).duration):
            return
        await ride.write(replace(ride.job, link=None, trouble=troubles.TOO_SHORT))
        await ride.wait(ride.backoff(number))
        with suppress(EvoLinkError):
            await _fetch_once(ride)


async def _fetch_once(ride: Ride) -> None:
    """Raises what the service and the delivery raise, and LinkExpired when the task has no link any more."""
    await _have_link(ride)
    async with ride.means.landing.place(ride.job.ready or ride.now()):
        link = await _have_link(ride)  # the wait may have been longer than its life
        ride.means.landing.watch(ride.job, ride.now())
        await ride.means.delivery.fetch(link, ride.means.shelf.video_path(ride.job.id))


async def _have_link(ride: Ride) -> str:
    """The present link, or a fresh one for a link past its life. If none is to be had, the old one may still work."""
    if ride.job.link and not _past_its_life(ride.job, ride.now()):
        return ride.job.link
    try:
        return await _fresh_link(ride)
    except EvoLinkError:
        if ride.job.link:
            return ride.job.link
        raise


async def _fresh_link(ride: Ride) -> str:
    task = await ride.read_task()
    if not task.results:
        raise LinkExpired("EvoLink gives no link for the video any more.")
    await ride.write(replace(ride.job, link=task.results[0], ready=ride.now()))
    return task.results[0]


def _request(job: Job) -> VideoRequest:
    assert isinstance(job.request, VideoRequest)
    return job.request


def _past_its_life(job: Job, now: float) -> bool:
    return job.ready is None or now - job.ready > pace.LINK_LIFE


def _link_is_dead(error: EvoLinkError) -> bool:
    """Whether this link can never bring the file, so that only another one may."""
    if isinstance(error, LinkExpired | NotFound) or error.code == "delivery_too_large":
        return True
    return error.code.startswith("address_") and error.code != "address_unresolved"
