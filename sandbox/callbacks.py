"""Tells the one who ordered that a task has ended: one callback, by the rules of EvoLink's documentation."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import anyio
import httpx

from client.errors import AddressError
from client.version import USER_AGENT
from sandbox.background import Background, background
from sandbox.tasks import TaskRecord, Tasks
from sandbox.wording import task_answer

logger = logging.getLogger(__name__)

DEADLINE: Final = 10.0
"""Seconds for one try, from the look-up of the name to the first line of the answer."""
PAUSES: Final = (1.0, 2.0, 4.0)
"""Seconds before each retry."""
AT_ONCE: Final = 20
"""Tries under way, so that a start with many callbacks owed opens no more connections than this."""

Sleep = Callable[[float], Awaitable[None]]


class Callbacks:
    """POSTs what the task query answers, once a task has its end on disk; any 2xx will do.

    What is still owed when it closes is sent after the next open. A process that dies between the answer and the note
    of it sends twice.
    """

    def __init__(self, tasks: Tasks, transport: httpx.AsyncBaseTransport, *, sleep: Sleep = anyio.sleep) -> None:
        """`transport` looks up and checks the name anew at each request; it is closed with this."""
        self._tasks = tasks
        self._client = httpx.AsyncClient(
            transport=transport,
            follow_redirects=False,
            trust_env=False,
            timeout=DEADLINE,
            headers={
                "User-Agent": f"{USER_AGENT} (sandbox)",
                "Content-Type": "application/json",
                "Accept-Encoding": "identity",
            },
        )
        self._sleep = sleep
        self._room = anyio.CapacityLimiter(AT_ONCE)
        self._background = Background()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Takes up what an earlier run owed. In the end senders are cancelled at once."""
        async with self._client, background() as self._background:
            for record in self._tasks:
                self.start(record)
            yield

    def start(self, record: TaskRecord) -> None:
        """Sends the callback of a task, if it owes one."""
        if record.owes_callback:
            self._background.start(self._send(record))

    async def _send(self, record: TaskRecord) -> None:
        url, body = str(record.callback_url), self._body(record)
        accepted = await self._accepted(url, body)
        for pause in PAUSES:
            if accepted:
                break
            await self._sleep(pause)
            accepted = await self._accepted(url, body)
        if not accepted:
            # The address stays out of the log: whoever knows it can forge a callback.
            logger.warning("%s: nobody accepted its callback; it is given up", record.id)
        self._tasks.put(record.called_back_as("delivered" if accepted else "given_up"))

    async def _accepted(self, url: str, body: bytes) -> bool:
        """One try. The answer's body is left unread: nothing in it counts."""
        accepted = False
        with suppress(AddressError, httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError):
            async with self._room:
                with anyio.fail_after(DEADLINE):
                    async with self._client.stream("POST", url, content=body) as answer:
                        accepted = answer.is_success
        return accepted

    def _body(self, record: TaskRecord) -> bytes:
        """The very answer of `GET /v1/tasks/{id}`, asked where the task was made."""
        answer = task_answer(record, share=self._tasks.progress(record), seconds_left=0, origin=record.origin)
        return answer.model_dump_json(exclude_none=True).encode()
