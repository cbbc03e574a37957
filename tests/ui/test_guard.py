"""The guard alone, before a small app that tells what reached it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from ui import guard, intake, quota
from ui.guard import Guard
from ui.hosts import Hosts
from ui.quota import Quotas
from ui.routes import Routes, Rule

JOIN, UPLOAD, FILE = "/gradio_api/queue/join", "/gradio_api/upload", "/gradio_api/file="
STRANGER = ("203.0.113.9", 5000)
UPLOADS = Path("/private/uploads")


async def echo(request: Request) -> Response:
    """How much came, and what Gradio would believe of the way here."""
    size = 0
    async for piece in request.stream():
        size += len(piece)
    told = {name: value for name, value in request.headers.items() if name.startswith("x-")}
    headers = {"Access-Control-Allow-Origin": "*", "Server": "gradio", "Referrer-Policy": "no-referrer"}
    return PlainTextResponse(f"{size} {request.url.scheme} {told}", headers=headers)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guarded(clock: Clock) -> Callable[..., Guard]:
    inner = Starlette(routes=[Route("/{path:path}", echo, methods=["GET", "POST"])])

    def guarded(app: Any = inner, *, room: bool = True, **hosts: Any) -> Guard:
        known = Hosts(**({"bind": "0.0.0.0"} | hosts))
        return Guard(app, hosts=known, uploads=UPLOADS, room=lambda: room, quotas=Quotas(clock))

    return guarded


def asking(app: Guard, client: tuple[str, int] = STRANGER, host: str = "192.0.2.1") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=client), base_url=f"http://{host}")


async def pieces(size: int, number: int) -> AsyncIterator[bytes]:
    """A body of which nobody knows the size before."""
    for _ in range(number):
        yield bytes(size)


async def test_what_is_not_listed_is_not_there(guarded: Callable[..., Guard]) -> None:
    async with asking(guarded()) as http:
        for method, path in [
            ("GET", "/nothing"),
            ("POST", "/"),
            ("OPTIONS", JOIN),
            ("GET", "/monitoring"),
            ("GET", "/gradio_api/call/v2/generate/event"),
            ("GET", "/house"),
            ("PUT", UPLOAD),
        ]:
            answer = await http.request(method, path)
            assert (answer.status_code, answer.text) == (404, "There is nothing here."), path
        assert (await http.get("/healthz")).status_code == 200


def test_where_two_routes_fit_the_stricter_one_counts() -> None:
    routes = Routes({"GET /a/{one}": Rule.ALLOW, "GET /{two}/b": Rule.DENY})
    assert routes.rule("GET", "/a/c") is Rule.ALLOW
    assert routes.rule("GET", "/a/b") is Rule.DENY


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("/private/uploads/ab/a.png", 200),
        ("/private/uploads/ab/日本.png", 200),
        ("https://example.org/a.png", 404),
        ("HTTPS://example.org/a.png", 404),
        ("//example.org/a.png", 404),
        ("/private/uploads/../key", 404),
        ("/private/uploads-of-another/a.png", 404),
        ("private/uploads/a.png", 404),
        ("/etc/passwd", 404),
        ("", 404),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_only_uploaded_files_can_be_asked_of_gradio(
    guarded: Callable[..., Guard], method: str, asked: str, status: int
) -> None:
    scope_path = f"{FILE}{asked}"
    assert await _status(guarded(), scope_path, method) == status


async def _status(app: Guard, path: str, method: str) -> int:
    """For paths that a client would tidy up before it asks."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "scheme": "http",
        "client": STRANGER,
        "server": ("localhost", 80),
        "root_path": "",
    }
    await app(scope, receive, send)
    return int(sent[0]["status"])


async def test_a_strangers_name_gets_nothing(guarded: Callable[..., Guard]) -> None:
    async with asking(guarded(), host="evil.example") as http:
        answer = await http.get("/", headers={"Accept-Language": "de"})
    assert answer.status_code == 421
    assert answer.headers["content-language"] == "de"
    assert "FIRSTFRAME_HOSTS" in answer.text


async def test_another_sites_page_changes_nothing_and_reads_nothing(guarded: Callable[..., Guard]) -> None:
    evil, ours = {"Origin": "https://evil.example"}, {"Origin": "http://192.0.2.1"}
    async with asking(guarded()) as http:
        for path in (JOIN, UPLOAD, "/zip", "/gradio_api/run/predict"):
            refused = await http.post(path, content=b"x", headers=evil)
            assert refused.status_code == 403, path
            assert (await http.post(path, content=b"x", headers=ours)).text.startswith("1 ")
            assert (await http.post(path, content=b"x")).status_code == 200
        preflight = await http.options(JOIN, headers=evil | {"Access-Control-Request-Method": "POST"})
        read = await http.get("/config", headers=evil)
    for answer in (refused, preflight, read):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_every_answer_tells_browsers_what_they_may_do(guarded: Callable[..., Guard]) -> None:
    async with asking(guarded()) as http:
        page, again = await http.get("/"), await http.get("/")
        film, gone = await http.get("/v/token"), await http.get("/nothing")
    for answer in (page, film, gone):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "camera=()" in answer.headers["permissions-policy"]
        assert "object-src 'none'" in answer.headers["content-security-policy"] or answer is not page
        assert "server" not in answer.headers
    assert page.headers["referrer-policy"] == "no-referrer", "what a route says itself counts"
    assert gone.headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'self' https://huggingface.co https://*.hf.space" in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"] != again.headers["content-security-policy"], "each with its mark"
    assert "default-src 'none'" in film.headers["content-security-policy"]


async def test_nobody_tells_gradio_where_it_lives(guarded: Callable[..., Guard]) -> None:
    lies = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Gradio-Server": "http://evil.example"}
    async with asking(guarded(origin="https://video.example.org")) as http:
        assert (await http.get("/", headers=lies)).text == "0 http {}"
        assert (await http.get("/", headers={"Host": "video.example.org"})).text == "0 https {}"


@pytest.mark.parametrize(
    ("path", "most"),
    [(JOIN, guard.MB), ("/zip", guard.MB // 10), (UPLOAD, 256 * guard.MB)],
    ids=["words", "few", "files"],
)
async def test_a_body_has_an_end_whatever_it_says_of_itself(
    guarded: Callable[..., Guard], path: str, most: int
) -> None:
    piece = most // 8
    async with asking(guarded()) as http:
        assert (await http.post(path, content=pieces(piece, 8))).text.startswith(f"{piece * 8} ")
        answer = await http.post(path, content=pieces(piece, 9))
        assert (answer.status_code, "at once" in answer.text) == (413, True)
        told = await http.post(path, content=b"", headers={"Content-Length": str(most + 1)})
        assert told.status_code == 413
        if path == JOIN:
            assert answer.json()["detail"] == answer.json()["error"], "as Gradio's page reads it"
        assert (await http.request("GET", "/", content=b"x")).status_code == 413


async def test_a_browser_may_send_to_the_end_before_it_is_told_no(guarded: Callable[..., Guard]) -> None:
    sent = []

    async def counted() -> AsyncIterator[bytes]:
        for number in range(15):
            sent.append(number)
            yield bytes(100_000)

    async with asking(guarded()) as http:
        assert (await http.post(JOIN, content=counted())).status_code == 413
    assert len(sent) == 15


async def test_an_address_that_asks_without_end_has_to_wait_and_nobody_else(
    guarded: Callable[..., Guard], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "BURST", 50)
    app = guarded()
    async with asking(app) as http, asking(app, ("203.0.113.10", 1)) as other, asking(app, ("127.0.0.1", 1)) as here:
        for _ in range(50):
            assert (await http.get("/healthz")).status_code == 200
        refused = await http.get("/healthz")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert (await other.get("/healthz")).status_code == 200
        for _ in range(60):
            assert (await here.get("/healthz")).status_code == 200
        clock.now += 1
        assert (await http.get("/healthz")).status_code == 200


def test_a_class_behind_one_address_can_begin_together_and_work() -> None:
    pupils, visit, typing = 30, 50, 3
    assert pupils * visit * 2 <= quota.BURST
    assert pupils * typing < quota.PER_SECOND
    assert quota.UPLOADS_AN_HOUR / pupils / 4_000_000 > 15


async def test_bytes_of_uploads_are_counted_for_each_and_for_all(
    guarded: Callable[..., Guard], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "UPLOADS_AN_HOUR", 3600)
    monkeypatch.setattr(quota, "ALL_UPLOADS_AN_HOUR", 7200)
    app = guarded()
    async with asking(app) as http, asking(app, ("127.0.0.1", 1)) as here:
        assert (await http.post(UPLOAD, content=pieces(1200, 3))).status_code == 200
        refused = await http.post(UPLOAD, content=pieces(60, 1))
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        assert "within an hour" in refused.text
        assert (await http.post(JOIN, content=bytes(60))).status_code == 200, "words are no uploads"
        clock.now += 60
        assert (await http.post(UPLOAD, content=pieces(60, 1))).status_code == 200
        assert (await here.post(UPLOAD, content=pieces(1200, 4))).status_code == 429, "all together"


async def test_a_full_disk_takes_no_pictures(guarded: Callable[..., Guard]) -> None:
    async with asking(guarded(room=False)) as http:
        refused = await http.post(UPLOAD, content=b"picture")
        assert (refused.status_code, "too little room" in refused.text) == (507, True)
        assert (await http.post(JOIN, content=b"words")).status_code == 200


async def test_more_uploads_than_may_wait_are_sent_away(
    guarded: Callable[..., Guard], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = guarded()
    monkeypatch.setattr(app._quotas, "turns", quota.Turns(at_once=1, in_line=0))
    async with asking(app) as http, app._quotas.turns.turn(STRANGER[0]):
        assert (await http.post(UPLOAD, content=b"picture")).status_code == 429
    async with asking(app) as http:
        assert (await http.post(UPLOAD, content=b"picture")).status_code == 200


async def test_who_stops_sending_is_not_waited_for(
    guarded: Callable[..., Guard], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "PATIENCE", 0.01)

    async def dripping() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.Event().wait()

    sent: list[Message] = []
    body = dripping()

    async def receive() -> Message:
        return {"type": "http.request", "body": await anext(body), "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": JOIN, "query_string": b"", "scheme": "http", "client": STRANGER,
        "headers": [(b"host", b"localhost")], "server": ("localhost", 80), "root_path": "",
    }  # fmt: skip
    await guarded()(scope, receive, send)
    assert sent[0]["status"] == 408


async def test_streams_pass_piece_by_piece_and_end_when_nobody_listens(guarded: Callable[..., Guard]) -> None:
    ended = asyncio.Event()

    async def ticks() -> AsyncIterator[bytes]:
        try:
            yield b"data: 1\n\n"
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await StreamingResponse(ticks(), media_type="text/event-stream")(scope, receive, send)

    gone, came = asyncio.Event(), asyncio.Event()
    asked: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if asked:
            return asked.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message.get("body"):
            came.set()

    scope = {
        "type": "http", "method": "GET", "path": "/gradio_api/queue/data", "query_string": b"", "scheme": "http",
        "client": STRANGER, "headers": [(b"host", b"localhost")], "asgi": {"spec_version": "2.3"},
    }  # fmt: skip
    task = asyncio.create_task(guarded(stream)(scope, receive, send))
    await came.wait()
    assert not ended.is_set()
    gone.set()
    await ended.wait()
    await task


async def test_sockets_are_closed_and_the_start_passes(guarded: Callable[..., Guard]) -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await guarded(app)({"type": "lifespan"}, receive, send)
    await guarded(app)({"type": "websocket", "path": "/"}, receive, send)
    assert seen == ["lifespan"]
    assert [message["type"] for message in sent] == ["websocket.close"]


async def test_what_the_app_itself_raises_is_not_hidden(guarded: Callable[..., Guard]) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError

    async with asking(guarded(broken)) as http:
        with pytest.raises(ZeroDivisionError):
            await http.get("/")
