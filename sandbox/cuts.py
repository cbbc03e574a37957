"""Answers that are broken connections."""

import socket
import struct
from asyncio import Transport
from typing import Final

from fastapi.responses import Response
from starlette.types import Message, Receive, Scope, Send

TRANSPORT: Final = "firstframe.transport"
"""The ASGI extension in which the server hands over the connection."""

_RESET_AT_ONCE: Final = struct.pack("ii", 1, 0)


class Cut(Response):
    """The connection closes, or breaks, without an answer."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__()
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _sever(scope, receive, reset=self._reset)


class Truncated(Response):
    """The first half of another answer; then the connection closes."""

    def __init__(self, whole: Response) -> None:
        super().__init__()
        self._whole = whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = 0
        severed = False

        async def send_half(message: Message) -> None:
            nonlocal left, severed
            if message["type"] == "http.response.start":
                length = dict(message["headers"]).get(b"content-length", b"0")
                left = int(length) // 2
                await send(message)
            elif not severed:
                part = message.get("body", b"")[:left]
                left -= len(part)
                await send({"type": "http.response.body", "body": part, "more_body": True})
                if left == 0:
                    severed = True
                    await _sever(scope, receive, reset=False)

        await self._whole(scope, receive, send_half)


async def _sever(scope: Scope, receive: Receive, *, reset: bool) -> None:
    transport: Transport | None = scope.get("extensions", {}).get(TRANSPORT)
    if transport is None:
        raise RuntimeError("Only sandbox.server can cut connections.")
    if reset:
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
        transport.abort()
    else:
        transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
