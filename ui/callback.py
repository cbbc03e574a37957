"""Where EvoLink calls when a task has ended. Nobody signs such a call, so it proves nothing: it is a reason to look.

What is answered depends on the token alone. A body that is too long, too deep, too slow or no JSON only names no task,
so that a stranger learns nothing from how it is taken.
"""

import asyncio
import logging
import math
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.requests import ClientDisconnect

from client.bodies import UnreadableBody, read_json
from jobs.callbacks import PATH
from jobs.desk import Desk
from ui.quota import Buckets, address

logger = logging.getLogger(__name__)

LARGEST: Final = 65_536
"""Bytes of a body."""
DEEPEST: Final = 20
"""Objects and lists within one another."""
A_MINUTE: Final = 30
"""Calls with a wrong token from one address. Right ones do not count: a whole batch may end at once."""
AT_ONCE: Final = 1000
"""Calls in hand while the database does not answer."""
PATIENCE: Final = 0.4
"""Seconds for the body, and once more for the database: then EvoLink has its answer all the same."""
AT_THE_END: Final = 2.0
"""Seconds for what is still in hand when the app stops. What is lost then, polling finds."""

TOKEN: Final = re.compile(r"[\w-]{43}", re.ASCII)
TASK_ID: Final = re.compile(r"[a-z0-9][\w.:-]{0,199}", re.ASCII | re.IGNORECASE)


def callbacks(desk: Desk, *, quota: Buckets | None = None, patience: float = PATIENCE) -> APIRouter:
    """The route. An unknown token is a plain 404, like everything that does not look like one."""
    allowed = Buckets(A_MINUTE, A_MINUTE / 60) if quota is None else quota
    in_hand: set[asyncio.Task[bool]] = set()

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        if in_hand:
            _, left = await asyncio.wait(in_hand, timeout=AT_THE_END)
            for work in left:
                work.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    routes = APIRouter(lifespan=lifespan)

    @routes.post(f"{PATH}/{{token}}")
    async def called(request: Request, token: str) -> Response:
        who = address(request.client)
        if wait := allowed.take(who) if len(in_hand) < AT_ONCE else 1.0:
            raise HTTPException(429, headers={"Retry-After": str(math.ceil(wait))})
        task_id = await _named(request, patience)
        if not TOKEN.fullmatch(token):
            raise HTTPException(404)
        work = asyncio.create_task(desk.lost.called_back(token, task_id))
        in_hand.add(work)
        work.add_done_callback(in_hand.discard)
        work.add_done_callback(_failed)
        await asyncio.wait([work], timeout=patience)
        if work.done() and not work.cancelled() and not work.exception():
            if not work.result():
                raise HTTPException(404)
            allowed.take(who, -1)
        return Response(status_code=202)

    return routes


def _failed(work: asyncio.Task[bool]) -> None:
    if not work.cancelled() and (error := work.exception()):
        logger.error("A callback could not be taken in: %s", type(error).__name__)


async def _named(request: Request, patience: float) -> str | None:
    """The task that the body names, if it names one."""
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for piece in request.stream():
                body += piece
                if len(body) > LARGEST:
                    return None
        said = read_json(bytes(body))
    except (TimeoutError, ClientDisconnect, UnreadableBody):
        return None
    named = said.get("id") if isinstance(said, dict) and _shallow(said) else None
    return named if isinstance(named, str) and TASK_ID.fullmatch(named) else None


def _shallow(said: Any) -> bool:
    layer = [said]
    for _ in range(DEEPEST):
        layer = [part for each in layer for part in (each.values() if isinstance(each, dict) else each)]
        layer = [part for part in layer if isinstance(part, dict | list)]
    return not layer
