"""What every request passes before its route, and every answer after it: the key, the size, the armed trouble."""

import secrets
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import anyio
from fastapi import APIRouter, Request, Security
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import SecretStr
from pydantic_core import from_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.answers import ErrorAnswer
from sandbox.cuts import Cut, Truncated
from sandbox.envelopes import Refusal
from sandbox.faults import ANSWERED, TWISTED, Fault, Faults
from sandbox.files import MAX_FILE_BYTES, TOO_LARGE
from sandbox.parts import parts_of

MAX_BODY_BYTES: Final = 1_000_000
LARGER_BODIES: Final = {
    "/api/v1/files/upload/stream": MAX_FILE_BYTES + 100_000,
    "/api/v1/files/upload/base64": 14_000_000,
}
"""base64 has to be held in memory: room for a picture of 10 MB, larger ones go by the stream."""

PATIENCE: Final = 20_000_000
"""Bytes beyond the limit that are let in before the connection is closed."""

REFUSALS: Final = (400, 401, 402, 403, 404, 409, 413, 429, 500)
WITHOUT_KEY: Final = frozenset({"file", "media", "price_list", "price_rules"})

_PROXYS_PAGE: Final = "<!doctype html><title>Please wait</title><h1>We will be back soon.</h1>"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class GatedRoute(APIRoute):
    """A route behind the gate. Its name is the one that faults are armed for."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()

        async def gated(request: Request) -> Response:
            parts = parts_of(request)
            if self.name not in WITHOUT_KEY and not _key_fits(request.headers.get("authorization"), parts.settings.key):
                raise Refusal(401)
            whole = Request(request.scope, _capped(request, LARGER_BODIES.get(self.path, MAX_BODY_BYTES)))
            fault = parts.faults.take(self.name, ANSWERED)
            response = await _troubled(fault, lambda: handler(whole))
            return _twisted(parts.faults, self.name, response)

        return gated


def api_router(*, public: bool = False) -> APIRouter:
    """A router of the API host, which asks for the key unless all of its routes are in WITHOUT_KEY."""
    return APIRouter(
        prefix="/v1",
        route_class=GatedRoute,
        tags=["api"],
        dependencies=[] if public else [Security(HTTPBearer(auto_error=False))],
        responses={status: {"model": ErrorAnswer} for status in REFUSALS},
    )


class RequestIds:
    """Gives each answer an id, as EvoLink's gateway does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", secrets.token_hex(16).encode())]
            await send(message)

        await self._app(scope, receive, send_with_id)


def _key_fits(header: str | None, key: SecretStr | None) -> bool:
    scheme, _, given = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        return False
    if key is None:
        return given.isascii() and given.isprintable()
    return secrets.compare_digest(given.strip().encode(), key.get_secret_value().encode())


def _capped(request: Request, limit: int) -> Receive:
    """The body as it comes, and a refusal when it grows too large."""
    code = TOO_LARGE if request.url.path in LARGER_BODIES else None
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise Refusal(413, code=code)
    size = 0

    async def receive() -> Message:
        nonlocal size
        message = await request.receive()
        size += len(message.get("body", b""))
        if size <= limit:
            return message
        # A client that is cut off while it sends seldom hears why, so the rest is let in and forgotten, up to a point.
        while message.get("more_body") and size < limit + PATIENCE:
            message = await request.receive()
            size += len(message.get("body", b""))
        raise Refusal(413, code=code, hang_up=message.get("more_body", False))

    return receive


async def _troubled(fault: Fault | None, work: Callable[[], Awaitable[Response]]) -> Response:
    if fault is None:
        return await work()
    match fault.kind:
        case "truncated":
            return Truncated(await work())
        case "slow" if fault.accepted:
            response = await work()
            await anyio.sleep(fault.seconds)
            return response
        case "slow":
            await anyio.sleep(fault.seconds)
            return await work()
        case _:
            if fault.accepted:
                await work()
            return _instead(fault)


def _instead(fault: Fault) -> Response:
    match fault.kind:
        case "html":
            return HTMLResponse(_PROXYS_PAGE, fault.status)
        case "garbage":
            return Response(b'{"id": "task-unified-', media_type="application/json")
        case "redirect":
            return RedirectResponse("https://elsewhere.example.com/", 307)
        case "cut" | "reset":
            return Cut(reset=fault.kind == "reset")
        case _:
            raise Refusal(fault.status, code=fault.code, retry_after=fault.retry_after)


def _twisted(faults: Faults, route: str, response: Response) -> Response:
    if response.status_code != 200 or not faults.waiting(route, TWISTED):
        return response
    twisted = faults.twist(route, from_json(bytes(response.body)))
    kept = {name: value for name, value in response.headers.items() if name != "content-length"}
    return JSONResponse(twisted, headers=kept)
