"""The parts of a running sandbox, as the routes reach them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

import httpx
from fastapi import Depends, Request

from client.addresses import origin
from sandbox.callbacks import Callbacks
from sandbox.faults import Faults
from sandbox.files import Files
from sandbox.runner import Runner
from sandbox.settings import SandboxSettings
from sandbox.tasks import Tasks
from sandbox.turnstile import Turnstile


@dataclass(frozen=True)
class Parts:
    """Made once for an app, in `sandbox.service.build_sandbox`. `clock` gives unix seconds."""

    settings: SandboxSettings
    tasks: Tasks
    files: Files
    runner: Runner
    callbacks: Callbacks
    faults: Faults
    submits: Turnstile
    fetching: httpx.AsyncClient
    clock: Callable[[], float]


def parts_of(request: Request) -> Parts:
    return cast(Parts, request.app.state.parts)


def origin_of(request: Request) -> str:
    """Where the caller reached us, and will reach our links."""
    base = str(request.base_url)
    return origin(base) or base.rstrip("/")


Here = Annotated[Parts, Depends(parts_of)]
Origin = Annotated[str, Depends(origin_of)]
