"""The guard before everything: who may ask, for what, how much and how often, and what answers say to browsers."""

import asyncio
import json
import math
import os.path
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from secrets import token_urlsafe
from typing import Final, NamedTuple

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.headers import EVERYWHERE, FILE, NONCE, PAGE, dressed, policy
from ui.hosts import Hosts, loopback
from ui.intake import Intake, drained
from ui.languages import Language, best, language
from ui.quota import MB, Busy, Quotas, address
from ui.routes import Routes, Rule

MOST: Final = {Rule.WORDS: MB, Rule.LITTLE: MB // 10, Rule.FILES: 256 * MB}
"""Bytes of a body. A form with 37 pictures and a long text was 33 KB, 500 tokens are 26 KB, and a browser sends all
pictures that were dropped together in one request."""
PROXIED: Final = (b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")
"""Gradio believes these from anybody, and would write them into addresses on the page."""
FILE_ROUTE: Final = "/gradio_api/file="


class Refusal(NamedTuple):
    """What is answered instead. `wait`: seconds after which asking again may help."""

    status: int
    sentence: Callable[[Language], str]
    wait: float = 0


NOBODY: Final = Refusal(421, lambda spoken: spoken.say("guard.unknown_host"))
ELSEWHERE: Final = Refusal(403, lambda spoken: spoken.say("guard.elsewhere"))
NOTHING: Final = Refusal(404, lambda spoken: spoken.say("guard.nothing"))
TOO_LARGE: Final = Refusal(413, lambda spoken: spoken.say("guard.too_large"))
TOO_SLOW: Final = Refusal(408, lambda spoken: spoken.say("guard.too_slow"))
NO_ROOM: Final = Refusal(507, lambda spoken: spoken.say("guard.no_room"))
IN_LINE: Final = Refusal(429, lambda spoken: spoken.say("guard.too_many"), 10)
TOO_MANY: Final = Refusal(429, lambda spoken: spoken.say("guard.too_many"))
TOO_MUCH: Final = Refusal(429, lambda spoken: spoken.say("guard.too_much"))


class Guard:
    """ASGI. It passes on every piece of a body and of an answer as it comes.

    Who asks is the address that uvicorn gives. Behind a proxy that is the proxy's, unless `FORWARDED_ALLOW_IPS` names
    the proxy: then it is the one the proxy tells. Without that, everybody behind the proxy is one, and shares what one
    address may; on a Space the app names the network of the Space's own proxies. This computer itself is only held to
    what all together may.

    `uploads`: the folder in which Gradio keeps them. `room`: whether the disk has room for more; it may block.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Hosts,
        uploads: Path,
        room: Callable[[], bool],
        scripts: tuple[str, ...] = (),
        routes: Routes | None = None,
        quotas: Quotas | None = None,
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._uploads = uploads
        self._room = room
        self._scripts = scripts
        self._routes = routes or Routes.read()
        self._quotas = quotas or Quotas()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        nonce, headers = token_urlsafe(16), Headers(scope=scope)
        scope = {
            **scope,
            NONCE: nonce,
            "scheme": self._hosts.scheme(headers.get("host", "")) or scope["scheme"],
            "headers": [(name, value) for name, value in scope["headers"] if name not in PROXIED],
        }
        ours = EVERYWHERE | {"Content-Security-Policy": self._policy(scope["path"], nonce)}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": dressed(message.get("headers", ()), ours)}
            await send(message)

        rule = self._routes.rule(scope["method"], scope["path"])
        refusal = self._refusal(scope, headers, rule)
        if refusal is None:
            refusal = await self._through(scope, headers, rule, receive, answer)
        elif _length(headers) <= MOST[Rule.FILES]:
            await drained(receive, MOST[Rule.FILES])
        if refusal:
            await _told(refusal, headers, rule)(scope, receive, answer)

    def _policy(self, path: str, nonce: str) -> str:
        return policy(PAGE, f"'nonce-{nonce}'", *self._scripts) if path == "/" else policy(FILE)

    def _refusal(self, scope: Scope, headers: Headers, rule: Rule) -> Refusal | None:
        """What can be said before a body comes."""
        who = address(scope.get("client"))
        if not self._hosts.know(headers.get("host", "")):
            return NOBODY
        if not loopback(who) and (wait := self._quotas.requests.take(who)):
            return TOO_MANY._replace(wait=wait)
        if rule is Rule.DENY or (rule is Rule.PATH and not self._ours(scope["path"])):
            return NOTHING
        if scope["method"] not in ("GET", "HEAD") and not self._hosts.at_home(
            headers["host"], headers.get("origin"), headers.get("sec-fetch-site")
        ):
            return ELSEWHERE
        if _length(headers) > MOST.get(rule, 0):
            return TOO_LARGE
        return None

    def _ours(self, path: str) -> bool:
        """Whether Gradio is asked for a file of its own folder, and for no address."""
        asked = path.removeprefix(FILE_ROUTE)
        return os.path.isabs(asked) and Path(os.path.normpath(asked)).is_relative_to(self._uploads)

    async def _through(
        self, scope: Scope, headers: Headers, rule: Rule, receive: Receive, send: Send
    ) -> Refusal | None:
        """Hands the request on. Gives what to answer when its body was turned away."""
        who, come, why = address(scope.get("client")), 0, TOO_LARGE

        def count(size: int) -> bool:
            nonlocal come, why
            come += size
            wait = self._uploaded(who, size) if rule is Rule.FILES else 0
            if wait:
                why = TOO_MUCH._replace(wait=wait)
            return come <= MOST.get(rule, 0) and not wait

        intake = Intake(receive, send, count)
        async with AsyncExitStack() as held:
            if rule is Rule.FILES:
                if not await asyncio.to_thread(self._room):
                    await drained(receive, MOST[Rule.FILES])
                    return NO_ROOM
                try:
                    await held.enter_async_context(self._quotas.turns.turn(who))
                except Busy:
                    return IN_LINE
            try:
                await self._app(scope, intake.receive, intake.send)
            except Exception:
                if not intake.refused:
                    raise
        if not intake.refused:
            return None
        if intake.slow:
            return TOO_SLOW
        if intake.more:
            await drained(receive, MOST[Rule.FILES])
        return why

    def _uploaded(self, who: str, size: int) -> float:
        """Counts bytes of an upload. Gives the seconds to wait when they are too many for this hour."""
        alone = 0.0 if loopback(who) else self._quotas.uploads.take(who, size)
        return alone or self._quotas.all_uploads.take("", size)


def _length(headers: Headers) -> int:
    """What the body is said to have; what it has is counted as it comes."""
    told = headers.get("content-length", "")
    return int(told[:18]) if told.isdecimal() else 0


def _told(refusal: Refusal, headers: Mapping[str, str], rule: Rule) -> Response:
    """In the language of whoever asks; for forms as JSON, which is how Gradio's page reads them."""
    spoken = language(best(headers.get("accept-language", "")))
    sentence = refusal.sentence(spoken)
    more = {"Cache-Control": "no-store", "Content-Language": spoken.code, "Vary": "Accept-Language"}
    if refusal.wait:
        more["Retry-After"] = str(math.ceil(refusal.wait))
    if rule is Rule.WORDS:
        body = json.dumps({"detail": sentence, "error": sentence})
        return Response(body, refusal.status, more, "application/json")
    return Response(sentence, refusal.status, more, "text/plain")
