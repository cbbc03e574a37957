"""Somebody who waits for callbacks: a real TLS server behind a public name, and a quick stand-in for one."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio.lowlevel
import httpx

from client.pinned import PinnedTransport
from sandbox.tasks import TaskRecord, Tasks
from tests.client.internet import PUBLIC, ToLoopback, certified, names
from tests.sandbox.house import House

HOOK = "https://hooks.example.org/cb/secret?job=1"


@dataclass
class Receiver:
    """Notes each call, asks `look` about it while the caller waits, then answers."""

    port: int = 0
    look: Callable[[dict[str, Any]], Awaitable[object]] | None = None
    heads: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    seen: list[object] = field(default_factory=list)

    def transport(self) -> PinnedTransport:
        """The internet, where every name leads here."""
        return PinnedTransport(names(PUBLIC), ToLoopback(self.port))

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length:")
            )
            body = json.loads(await reader.readexactly(length))
            self.heads.append(head)
            self.bodies.append(body)
            if self.look:
                self.seen.append(await self.look(body))
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(name: str = "hooks.example.org") -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver._take, "127.0.0.1", 0, ssl=certified(name))
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()


@dataclass
class Hooks(httpx.AsyncBaseTransport):
    """Stands where the connections are. Gives each of the answers once, and then 200."""

    answers: list[httpx.Response | Exception] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    called: anyio.Event = field(default_factory=anyio.Event)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.called.set()
        answer = self.answers.pop(0) if self.answers else httpx.Response(200)
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Pauses:
    """Waits no time, and remembers how long it should have."""

    asked: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await anyio.lowlevel.checkpoint()


async def called_back(house: House, task_id: str) -> TaskRecord:
    """The record of a task as soon as its callback is done with."""
    return await settled(house.app.state.parts.tasks, task_id)


async def settled(tasks: Tasks, task_id: str) -> TaskRecord:
    with anyio.fail_after(90):
        while True:
            record = tasks.get(task_id)
            if record and record.called_back:
                return record
            await anyio.sleep(0.01)
