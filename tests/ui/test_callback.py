"""Where EvoLink calls, and what strangers find there."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from jobs.desk import Desk
from jobs.engine import LocalEngine
from jobs.job import Job
from jobs.ride import Means
from jobs.states import State
from tests.jobs.fakes import Service, StillClock, finished, job, purse, rehearsals, task
from ui import callback
from ui.callback import A_MINUTE, LARGEST, callbacks
from ui.guard import Guard
from ui.hosts import Hosts
from ui.quota import Buckets

TASK = "task-unified-1-abc"
ENDED = {"id": TASK, "status": "completed", "model": "kling-o3-image-to-video"}
UNLIKELY = "z" * 43
STRANGER = "203.0.113.9"


class Time:
    """Of the quota."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def engine(means: Means) -> AsyncIterator[LocalEngine]:
    engine = LocalEngine(replace(means, clock=StillClock()))
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
def desk(means: Means, engine: LocalEngine) -> Desk:
    """One behind which somebody works, and no time passes."""
    return Desk(engine._means, engine, rehearsals(means), purse(means))


@pytest.fixture
def service(means: Means) -> Service:
    assert isinstance(means.service, Service)
    return means.service


@pytest.fixture
def app(desk: Desk, time: Time) -> FastAPI:
    app = FastAPI()
    app.include_router(callbacks(desk, quota=Buckets(A_MINUTE, A_MINUTE / 60, time), patience=30))
    return app


def asking(app: FastAPI, address: str = STRANGER) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(address, 1)), base_url="http://test")


async def waiting(desk: Desk, service: Service) -> Job:
    """A job whose task was read once, is not finished, and is finished now."""
    service.task_answers = [task(progress=10), finished()]
    made = await desk._store.add(job(nonce=UNLIKELY, state=State.SUBMITTED, task_id=TASK, submitted=1000.0))
    desk._engine.begin(made.id)
    async with asyncio.timeout(30):
        async for record in desk.watch(made.id):
            if record.progress:
                return record
    raise AssertionError("It never waits.")


async def home(desk: Desk, waits: Job) -> Job:
    async with asyncio.timeout(30):
        return [record async for record in desk.watch(waits.id)][-1]


async def test_a_callback_ends_the_wait(app: FastAPI, desk: Desk, service: Service) -> None:
    waits = await waiting(desk, service)
    async with asking(app) as http:
        answer = await http.post(f"/callback/{waits.callback_token}", json=ENDED)
        assert (answer.status_code, answer.content) == (202, b"")
        assert (await home(desk, waits)).state is State.DONE
        assert (await http.post(f"/callback/{waits.callback_token}", json=ENDED)).status_code == 202
    assert service.reads == 2


def forged(token: str, number: int) -> str:
    """Right but for one letter, or right in shape, or not even that."""
    at = number % len(token)
    other = "a" if token[at] != "a" else "b"
    return [
        f"{token[:at]}{other}{token[at + 1 :]}",
        f"{number:043}",
        token[:-1],
        f"{token}A",
        token.swapcase(),
        f"{token[:8]}{number:035}",
        f"{token}%00",
        "%C3%A9%FF",
    ][number % 8]


async def test_a_thousand_forged_callbacks_change_nothing_and_cost_no_request(
    app: FastAPI, desk: Desk, service: Service
) -> None:
    waits = await waiting(desk, service)
    before, reads, lists = await desk._store.select("1"), service.reads, service.lists
    answers = []
    for network in range(40):
        async with asking(app, f"198.51.100.{network}") as http:
            for number in range(25 * network, 25 * network + 25):
                answers.append(await http.post(f"/callback/{forged(waits.callback_token, number)}", json=ENDED))
    assert len(answers) == 1000
    assert {(each.status_code, each.content, tuple(each.headers.items())) for each in answers} == {
        (404, b'{"detail":"Not Found"}', (("content-length", "22"), ("content-type", "application/json")))
    }
    assert await desk._store.select("1") == before
    assert (service.reads, service.lists, service.posts) == (reads, lists, [])
    async with asking(app) as http:
        await http.post(f"/callback/{waits.callback_token}", json=ENDED)
    assert (await home(desk, waits)).state is State.DONE


def nested(depth: int) -> bytes:
    """An object with a good id, and `depth` objects and lists within one another in all."""
    return b'{"id": "' + TASK.encode() + b'", "a": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


BODIES = {
    "a task": (json.dumps(ENDED).encode(), TASK),
    "as deep as may be": (nested(20), TASK),
    "too deep": (nested(21), None),
    "absurdly deep": (b"[" * 30_000, None),
    "as long as may be": (json.dumps(ENDED).encode().ljust(LARGEST), TASK),
    "too long": (json.dumps(ENDED).encode().ljust(LARGEST + 1), None),
    "nothing": (b"", None),
    "no JSON": (b"<html>", None),
    "half of it": (json.dumps(ENDED).encode()[:-1], None),
    "not UTF-8": (b'{"id": "\xff\xfe"}', None),
    "no object": (b'["task-unified-1-abc"]', None),
    "a number": (b"7", None),
    "no id": (b'{"status": "completed"}', None),
    "an id that is a number": (b'{"id": 7}', None),
    "an id that is an object": (b'{"id": {"id": "task-unified-1-abc"}}', None),
    "an id with a way up": (b'{"id": "../credits"}', None),
    "an id with a line": (b'{"id": "task-1\\n"}', None),
    "an empty id": (b'{"id": ""}', None),
    "a long id": (json.dumps({"id": "t" * 201}).encode(), None),
    "a link": (b'{"id": "task-1", "results": ["https://evil.example.org/"], "task_hint": "x"}', "task-1"),
}


@pytest.mark.parametrize("kind", BODIES)
async def test_of_a_body_only_a_task_id_is_taken_and_nothing_is_told_of_it(app: FastAPI, desk: Desk, kind: str) -> None:
    body, named = BODIES[kind]
    sending = await desk._store.add(job(nonce=UNLIKELY, state=State.SUBMITTING))
    desk._engine._running = False
    async with asking(app) as http:
        answer = await http.post(f"/callback/{sending.callback_token}", content=body)
        unknown = [await http.post(f"/callback/{token}", content=body) for token in (UNLIKELY, "x")]
    assert (answer.status_code, answer.content) == (202, b"")
    assert {(each.status_code, each.text) for each in unknown} == {(404, '{"detail":"Not Found"}')}
    found = await desk._store.job(sending.id)
    assert found
    assert found == replace(sending, task_hint=named, version=found.version)


async def test_the_guard_lets_it_through(app: FastAPI, desk: Desk, tmp_path: Path) -> None:
    """EvoLink is no page: it tells no origin. What is far too long is refused whatever the token."""
    made = await desk._store.add(job(state=State.DONE))
    guard = Guard(app, hosts=Hosts(origin="https://video.example.org"), uploads=tmp_path, room=lambda: True)
    transport = httpx.ASGITransport(guard, client=(STRANGER, 1))
    async with httpx.AsyncClient(transport=transport, base_url="https://video.example.org") as http:
        answers = [
            (await http.post(f"/callback/{token}", content=content)).status_code
            for content in (json.dumps(ENDED), "x" * LARGEST * 2)
            for token in (made.callback_token, UNLIKELY)
        ]
    assert answers == [202, 404, 413, 413]


async def test_only_posts_are_taken(app: FastAPI, desk: Desk) -> None:
    made = await desk._store.add(job())
    async with asking(app) as http:
        answers = [await http.get(f"/callback/{token}") for token in (made.callback_token, UNLIKELY, "x")]
    assert {(each.status_code, each.text) for each in answers} == {(405, '{"detail":"Method Not Allowed"}')}


async def test_who_guesses_is_slowed_down_and_nobody_else(app: FastAPI, desk: Desk, time: Time) -> None:
    made = await desk._store.add(job(state=State.DONE))
    async with asking(app) as http, asking(app, "198.51.100.7") as other:
        for _ in range(3 * A_MINUTE):
            assert (await http.post(f"/callback/{made.callback_token}")).status_code == 202
        for number in range(A_MINUTE):
            assert (await http.post(f"/callback/{number}")).status_code == 404
        for token in (UNLIKELY, made.callback_token):
            answer = await http.post(f"/callback/{token}")
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
        assert (await other.post(f"/callback/{made.callback_token}")).status_code == 202
        time.now += 2
        assert (await http.post(f"/callback/{made.callback_token}")).status_code == 202


class Hanging:
    """A database that answers nothing before it is let go."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = asyncio.Event()
        self.asked = 0
        look_up = desk._store.by_callback_token

        async def later(token: str) -> Job | None:
            self.asked += 1
            await self.go.wait()
            return await look_up(token)

        monkeypatch.setattr(desk._store, "by_callback_token", later)


@asynccontextmanager
async def hasty(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The route with little patience, from its beginning to its end."""
    app = FastAPI()
    app.include_router(callbacks(desk, patience=0.01))
    async with app.router.lifespan_context(app), asking(app) as http:
        yield http


async def test_the_answer_waits_for_no_database_and_the_end_waits_for_the_callback(
    desk: Desk, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = await waiting(desk, service)
    hanging = Hanging(desk, monkeypatch)
    async with hasty(desk) as http:
        answers = [await http.post(f"/callback/{token}", json=ENDED) for token in (waits.callback_token, UNLIKELY)]
        assert {each.status_code for each in answers} == {202}
        assert (hanging.asked, service.reads) == (2, 1)
        hanging.go.set()
    assert (await home(desk, waits)).state is State.DONE


async def test_a_database_that_never_answers_keeps_nobody_from_ending(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callback, "AT_THE_END", 0.01)
    hanging = Hanging(desk, monkeypatch)
    async with hasty(desk) as http:
        assert (await http.post(f"/callback/{UNLIKELY}")).status_code == 202
    assert hanging.asked == 1
    assert not [each for each in asyncio.all_tasks() if "called_back" in repr(each)]


async def test_only_so_many_are_in_hand_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback, "AT_ONCE", 2)
    hanging = Hanging(desk, monkeypatch)
    async with hasty(desk) as http:
        assert [(await http.post(f"/callback/{UNLIKELY}")).status_code for _ in range(3)] == [202, 202, 429]
        hanging.go.set()
    assert hanging.asked == 2


async def test_a_database_that_fails_is_no_news_for_who_calls(
    app: FastAPI, desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def full(token: str) -> Job | None:
        raise sqlite3.OperationalError(f"database or disk is full: {token}")

    monkeypatch.setattr(desk._store, "by_callback_token", full)
    async with asking(app) as http:
        assert (await http.post(f"/callback/{UNLIKELY}")).status_code == 202
    assert "OperationalError" in caplog.text
    assert UNLIKELY not in caplog.text


async def called_by_hand(app: FastAPI, path: str, receive: Callable[[], Any]) -> int:
    """The status for a request whose body comes as `receive` gives it."""
    said: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": [], "query_string": b"", "client": ("::1", 1)}
    await app(scope, receive, send)
    return int(said[0]["status"])


@pytest.mark.parametrize("then", ["silence", "cut"])
async def test_a_body_that_does_not_come_is_not_waited_for_and_the_token_counts(
    desk: Desk, service: Service, then: str
) -> None:
    app = FastAPI()
    app.include_router(callbacks(desk, patience=0.2))
    waits = await waiting(desk, service)
    messages = [{"type": "http.request", "body": b'{"id": ', "more_body": True}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        return {"type": "http.disconnect"} if then == "cut" else await asyncio.get_running_loop().create_future()

    assert await called_by_hand(app, f"/callback/{waits.callback_token}", receive) == 202
    assert (await home(desk, waits)).state is State.DONE
