"""EvoLink on this machine: the API, the files service and the media, on one origin."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
from fastapi import FastAPI

from client.fetching import fetching_client
from client.pinned import PinnedTransport
from client.schema import VideoRequest
from sandbox import account_service, drills, files_service, media, task_service
from sandbox.background import background
from sandbox.callbacks import Callbacks, Sleep
from sandbox.description import bodies
from sandbox.disk import locked
from sandbox.envelopes import say_no_in_envelopes
from sandbox.faults import Faults
from sandbox.files import Files
from sandbox.film import plan
from sandbox.gate import RequestIds
from sandbox.parts import Parts
from sandbox.runner import Renderer, Runner
from sandbox.settings import SandboxSettings
from sandbox.sources import Sources
from sandbox.tasks import Tasks
from sandbox.turnstile import Turnstile
from sandbox.worker import render_in_worker


async def render(
    request: VideoRequest, pictures: Mapping[str, Path], target: Path, progress: Callable[[float], None]
) -> None:
    """The real thing: a film in a process of its own."""
    await render_in_worker(plan(request, pictures), target, progress)


def build_sandbox(
    settings: SandboxSettings,
    *,
    renderer: Renderer = render,
    faults: Faults | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Callable[[], float] = time.time,
    sleep: Sleep = anyio.sleep,
) -> FastAPI:
    """The service, ready to be served. Its parts are at `app.state.parts`.

    `transport` reaches the pictures and the callback addresses that requests name; by default only the public
    internet. `sleep` waits between two tries of a callback.
    Entering the app's lifespan raises RuntimeError when another sandbox holds the folder.
    """
    parts = _parts(settings, renderer, faults or Faults(), transport or PinnedTransport(), clock, sleep)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(settings.data):
            parts.tasks.load()
            parts.files.load()
            async with parts.fetching, parts.callbacks.open(), parts.runner.open(), background() as chores:
                chores.start(media.sweep(parts))
                yield

    app = _Sandbox(
        title="Sandbox",
        description="A local EvoLink without the bill.",
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.parts = parts
    app.add_middleware(RequestIds)
    say_no_in_envelopes(app, file_errors_inside_200=settings.file_errors == "inside_200")
    for part in (task_service, account_service, files_service, media, *([drills] if settings.drills else [])):
        app.include_router(part.router)
    app.include_router(account_service.public)
    app.include_router(files_service.links)
    return app


class _Sandbox(FastAPI):
    """Describes the bodies that it reads by itself, and no 422, which it never says."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            described = super().openapi()
            schemas = described["components"]["schemas"]
            strange_fields_pass = self.state.parts.settings.extra_fields == "ignore"
            schemas.update(bodies(task_service.BODIES, strange_fields_pass=strange_fields_pass))
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            for path in described["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)
        return super().openapi()


def _parts(
    settings: SandboxSettings,
    renderer: Renderer,
    faults: Faults,
    transport: httpx.AsyncBaseTransport,
    clock: Callable[[], float],
    sleep: Sleep,
) -> Parts:
    tasks = Tasks(settings.data / "tasks")
    files = Files(settings.data / "files", life=settings.file_life, limit=settings.max_files, clock=clock)
    fetching = fetching_client(transport)
    callbacks = Callbacks(tasks, transport, sleep=sleep)
    runner = Runner(
        tasks,
        Sources(files, fetching),
        renderer,
        media=settings.data / "media",
        work=settings.data / "work",
        at_once=settings.renders_at_once,
        clock=clock,
        ended=callbacks.start,
    )
    submits = Turnstile(settings.submits_per_minute, clock)
    return Parts(settings, tasks, files, runner, callbacks, faults, submits, fetching, clock)
