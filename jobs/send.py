"""NEW -> SUBMITTED: pictures go up, and the paid request goes out once."""

import asyncio
from dataclasses import replace

from client.errors import NotSent, OutcomeUnknown, PictureError, Refused, TooManyRequests, Unavailable
from jobs import pace, troubles
from jobs.agreement import waits_for_a_yes
from jobs.disk import room_left
from jobs.evidence import adopted
from jobs.order import may_be_asked_once_more, nothing_is_under_way, order, order_once_more
from jobs.ride import Ride
from jobs.shelf import media_type
from jobs.states import State


async def send(ride: Ride) -> None:
    """From NEW, or from SUBMITTING when nothing is under way. Ends in SUBMITTED, REJECTED or UNKNOWN, or leaves
    SUBMITTING to `take_up`.

    Asks again only where it is certain that nothing arrived (a few times) or was refused as one too many (once).
    Everything before the request is free and may be repeated. The orders of one person go out one after another, so
    that a price which nobody agreed to is met once, and not by a whole batch.
    """
    if ride.now() - ride.job.created > pace.UPLOAD_LIFE:
        await ride.write(replace(ride.job, uploads={}))
    pauses = list(pace.SEND_AGAIN)
    waited = False
    while await _send_pictures(ride):
        await _wait_for_room(ride)
        async with ride.means.turns.of(ride.job.owner):
            held = await waits_for_a_yes(ride.means.store, ride.job.owner)
            try:
                if not held:
                    await order(ride)
                    return
            except NotSent as error:
                if not pauses:
                    await ride.end(State.REJECTED, replace(troubles.UNREACHABLE, detail=error.detail))
                    return
                await ride.note(troubles.UNREACHABLE_FOR_NOW)
                pause = pauses.pop(0)
            except TooManyRequests as error:
                if waited:
                    await ride.end(State.REJECTED, troubles.refusal(error))
                    return
                waited = True
                await ride.note(troubles.WAITING)
                pause = pace.asked_pause(error.retry_after)
        if held:
            await _wait_for_a_yes(ride)
        else:
            await ride.insist_on_waiting(pause)


async def take_up(ride: Ride) -> None:
    """SUBMITTING, found without the one who sent, or with an answer that was lost a moment ago."""
    await settle(ride)
    if ride.job.state is not State.SUBMITTING:
        return
    if nothing_is_under_way(ride.job):
        await send(ride)
    else:
        await ride.insist_on_waiting(pace.ask_again(ride.means.chance()))
        await order_once_more(ride)


async def settle(ride: Ride) -> None:
    """SUBMITTING: what is certain without a word to the service. The journal may know the task; if not, the outcome is
    unknown, unless nothing is under way or the service may be asked once more. A callback that named a task says that
    something is under way; whether that is the task, the service has to say."""
    job = ride.job
    task_id = await ride.means.store.journaled_task(job.id)
    if task_id:
        await ride.write(adopted(job, task_id, ride.now()))
    elif job.task_hint or not (
        nothing_is_under_way(job) or may_be_asked_once_more(job, ride.means.idempotency, ride.now())
    ):
        if job.sent is None:  # an order of an older version
            await ride.write(replace(job, sent=job.changed))
        await ride.move(State.UNKNOWN, troubles.INTERRUPTED)


async def _wait_for_room(ride: Ride) -> None:
    """What could not be saved is not ordered, even by a job that was written down when there was room."""
    while not await asyncio.to_thread(room_left, ride.means.shelf.folder):
        await ride.note(troubles.DISK_FULL)
        await ride.wait(pace.SLOWLY)


async def _wait_for_a_yes(ride: Ride) -> None:
    """The yes may come days later, so the pictures are sent up anew then."""
    while await waits_for_a_yes(ride.means.store, ride.job.owner):
        await ride.note(troubles.HELD)
        await ride.wait(pace.SLOWLY)
    await ride.write(replace(ride.job, uploads={}))


async def _send_pictures(ride: Ride) -> bool:
    """Whether every picture has an address; if not, the job is REJECTED."""
    for name in ride.job.request.uploads():
        if name in ride.job.uploads:
            continue
        source = ride.means.shelf.kept(name)
        if source is None:
            await ride.end(State.REJECTED, troubles.PICTURE_GONE)
            return False
        try:
            # The service replaces a file of the same name, which another job may still need.
            file = await ride.means.service.upload(source, name=f"{ride.job.id}-{name}", media_type=media_type(name))
        except (NotSent, OutcomeUnknown, Unavailable) as error:
            await ride.end(State.REJECTED, replace(troubles.UNREACHABLE, detail=error.detail))
            return False
        except (Refused, PictureError) as error:
            await ride.end(State.REJECTED, troubles.refusal(error))
            return False
        await ride.write(replace(ride.job, uploads={**ride.job.uploads, name: file.file_url}))
    return True
