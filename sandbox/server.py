"""The sandbox on a socket of this machine, in the running loop."""

import socket
from asyncio import Transport
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio
import uvicorn
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.background import background
from sandbox.cuts import TRANSPORT

LAST_WORDS = 1
"""Seconds that answers under way may still take when the server stops."""


def listen(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A place to serve at, taken at once, so that its origin is known before anything runs; port 0 takes any that is
    free. Raises OSError when the port is taken."""
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


def origin_of(listener: socket.socket) -> str:
    """As in `http://127.0.0.1:8787`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@asynccontextmanager
async def serve_sandbox(app: FastAPI, listener: socket.socket | None = None) -> AsyncIterator[str]:
    """Serves an app of `sandbox.service.build_sandbox` and gives its origin; without a listener, at any free port.

    In the end work under way is dropped; it begins anew at the next start. Raises RuntimeError when another sandbox
    holds the folder.
    """
    with listener or listen() as place:
        async with app.router.lifespan_context(app), _serving(app, place):
            yield origin_of(place)


@asynccontextmanager
async def _serving(app: FastAPI, listener: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=LAST_WORDS,
    )
    server = _Server(config)
    async with background() as beside:
        beside.start(server.serve([listener]))
        await server.listening.wait()
        if not server.started:
            raise RuntimeError("The sandbox could not start.")
        try:
            yield
        finally:
            server.should_exit = True
            with anyio.CancelScope(shield=True):
                await server.stopped.wait()


class _Server(uvicorn.Server):
    """Tells when it listens and when it has stopped, and leaves the signals to others."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = anyio.Event()
        self.stopped = anyio.Event()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().serve(sockets)
        finally:
            self.listening.set()
            self.stopped.set()


class _Protocol(H11Protocol):
    """Hands the connection to the app, so that a drill can cut it."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        inner: Any = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[TRANSPORT] = transport
            await inner(scope, receive, send)

        self.app = with_transport
