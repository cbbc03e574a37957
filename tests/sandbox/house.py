"""A sandbox at work and somebody who talks to it; a renderer that is quick and can be held."""

import io
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import httpx
from fastapi import FastAPI
from PIL import Image

from client.schema import VideoRequest
from sandbox.faults import Faults
from sandbox.server import serve_sandbox
from sandbox.service import build_sandbox
from sandbox.settings import SandboxSettings

VIDEO = b"\0\0\0\x18ftypisom" + bytes(range(256)) * 400

FRESH = httpx.Limits(max_keepalive_connections=0)
"""A connection for each request: one that rested between two tests may be closed just as the next begins."""


@dataclass
class Renderer:
    """Writes a few bytes instead of a film. `hold` keeps it at half of the work; `refuse` makes it fail."""

    let_go: anyio.Event = field(default_factory=anyio.Event)
    refuse: Exception | None = None
    prompts: list[str] = field(default_factory=list)
    pictures: list[dict[str, bytes]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self.let_go.set()

    def hold(self) -> None:
        self.let_go = anyio.Event()

    async def __call__(
        self, request: VideoRequest, pictures: Mapping[str, Path], target: Path, progress: Callable[[float], None]
    ) -> None:
        self.prompts.append(request.prompt)
        self.pictures.append({address: path.read_bytes() for address, path in pictures.items()})
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            progress(0.5)
            await anyio.Path(target).write_bytes(VIDEO[:100])
            await self.let_go.wait()
            if self.refuse:
                raise self.refuse
            await anyio.Path(target).write_bytes(VIDEO)
            progress(1.0)
        finally:
            self.at_once -= 1


@dataclass
class House:
    """An open sandbox and somebody who talks to it."""

    app: FastAPI
    origin: str
    http: httpx.AsyncClient
    faults: Faults
    renderer: Renderer

    def request(self, **changes: Any) -> dict[str, Any]:
        """A good body, but for the changes; None leaves a field out."""
        body = {"model": "kling-o3-image-to-video", "prompt": "The boat drifts", "duration": 5, **changes}
        return {name: value for name, value in body.items() if value is not None}

    async def submit(self, headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
        return await self.http.post("/v1/videos/generations", json=self.request(**changes), headers=headers)

    async def task(self, task_id: str) -> dict[str, Any]:
        answer = await self.http.get(f"/v1/tasks/{task_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def until(self, task_id: str, *states: str, progress: int | None = None) -> dict[str, Any]:
        """The task as soon as it is in one of these states, or so far."""
        with anyio.fail_after(30):
            while True:
                task = await self.task(task_id)
                if task["status"] in states or task["progress"] == progress:
                    return task
                await anyio.sleep(0.01)

    async def made(self, **changes: Any) -> dict[str, Any]:
        """A task that has ended."""
        receipt = await self.submit(**changes)
        assert receipt.status_code == 200, receipt.text
        return await self.until(receipt.json()["id"], "completed", "failed", "cancelled")

    async def upload(self, content: bytes, **form: str) -> httpx.Response:
        return await self.http.post(
            "/api/v1/files/upload/stream", files={"file": ("boat.png", content, "image/png")}, data=form
        )

    async def remaining(self) -> float:
        answer = await self.http.get("/v1/credits")
        return float(answer.json()["data"]["user"]["remaining_credits"])


Open = Callable[..., AbstractAsyncContextManager[House]]
"""Opens a sandbox on the test's folder; keyword arguments are settings, or `renderer`, `transport`, `clock` and
`sleep`."""


def opening(folder: Path) -> Open:
    @asynccontextmanager
    async def opened(
        renderer: Renderer | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        **settings: Any,
    ) -> AsyncIterator[House]:
        faults, quick = Faults(), renderer or Renderer()
        app = build_sandbox(
            SandboxSettings(**{"data": folder, "renders_at_once": 1, **settings}),
            renderer=quick,
            faults=faults,
            transport=transport or httpx.MockTransport(lambda _: httpx.Response(404)),
            clock=clock,
            sleep=sleep,
        )
        key = {"Authorization": "Bearer sk-test"}
        async with (
            serve_sandbox(app) as origin,
            httpx.AsyncClient(base_url=origin, headers=key, timeout=60, verify=False, limits=FRESH) as http,
        ):
            yield House(app, origin, http, faults, quick)

    return opened


@cache
def draw(width: int = 640, height: int = 480, kind: str = "PNG") -> bytes:
    """A picture of these measures."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, kind)
    return file.getvalue()
