"""What comes in with a request: counted while it arrives, and turned away when it is too much or stops coming."""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.formparsers import MultiPartException
from starlette.types import Message, Receive, Send

PATIENCE: Final = 30.0
"""Seconds in which the next piece of a body must come. A phone on a bad line sends something every few."""


class TurnedAway(MultiPartException):
    """The rest of a body is not taken, or does not come. Gradio's reader of forms clears away what it wrote of it."""

    def __init__(self) -> None:
        super().__init__("turned away")


class Intake:
    """Stands around one request. `count` gives True for a piece that is welcome.

    Once a piece was not, whatever the app answers is dropped: `refused` tells, and the guard answers instead. `more`:
    whether the body has not ended yet. Nothing is kept back here, neither pieces of a body nor pieces of an answer.
    """

    def __init__(self, receive: Receive, send: Send, count: Callable[[int], bool]) -> None:
        self._receive = receive
        self._send = send
        self._count = count
        self.more = True
        self._answering = False
        self.refused = False
        self.slow = False

    async def receive(self) -> Message:
        if self.refused:
            raise TurnedAway
        if not self.more:
            return await self._receive()
        try:
            async with asyncio.timeout(PATIENCE):
                message = await self._receive()
        except TimeoutError:
            self.slow = True
            raise self._turn_away() from None
        self.more = message["type"] == "http.request" and message.get("more_body", False)
        if message["type"] != "http.request" or not self._count(len(message.get("body", b""))):
            raise self._turn_away()
        return message

    async def send(self, message: Message) -> None:
        if self.refused and not self._answering:
            return
        self._answering = True
        await self._send(message)

    def _turn_away(self) -> TurnedAway:
        self.refused = not self._answering
        return TurnedAway()


async def drained(receive: Receive, most: int) -> None:
    """Lets a body that nobody wants come in, up to so many bytes: a browser reads no answer before it has sent all."""
    try:
        async with asyncio.timeout(PATIENCE):
            while most >= 0:
                message = await receive()
                most -= len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return
