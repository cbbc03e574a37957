"""Being live: what those who watch over the process are told, and how it ends with everything under way."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from gradio_client import Client, handle_file

from jobs.room import Room
from tests.house import PATIENCE, ROOT, Process, keyed, running, sandbox
from tests.jobs.fakes import Delivery, Rehearser, Service
from tests.pictures import GROOT
from ui.health import health

READY = {"status": "ready", "mode": "sandbox", "version": "1"}


@contextlib.asynccontextmanager
async def asked(room: Room) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(health(room.desk.pulse, mode="sandbox", version="1"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        yield http


def reason(answer: httpx.Response) -> str:
    assert answer.status_code == 503
    said = answer.json()
    assert said.keys() == {"status", "reason"}
    assert said["status"] == "not_ready"
    return str(said["reason"])


async def test_it_is_ready_while_it_is_open_and_up_even_when_it_is_not(tmp_path: Path) -> None:
    room = Room(tmp_path, Service(), Delivery(), Rehearser())
    async with asked(room) as http:
        assert reason(await http.get("/readyz")) == "jobs_are_not_driven"
        async with room:
            await asyncio.sleep(0)
            answer = await http.get("/readyz")
            assert (answer.status_code, answer.json()) == (200, READY)
            assert answer.headers["cache-control"] == "no-store"
            head = await http.head("/readyz")
            assert (head.status_code, head.content) == (200, b"")
        assert reason(await http.get("/readyz")) == "jobs_are_not_driven"
        assert (await http.head("/readyz")).status_code == 503
        up = await http.get("/healthz")
        assert up.json() == {"status": "ok", "mode": "sandbox", "version": "1"}
        assert (await http.head("/healthz")).status_code == 200


async def test_a_database_that_takes_no_write_is_said_without_saying_where(tmp_path: Path) -> None:
    async with Room(tmp_path, Service(), Delivery(), Rehearser()) as room, asked(room) as http:
        await room._store.figures("PRAGMA query_only = ON")
        await asyncio.sleep(0)
        answer = await http.get("/readyz")
        assert reason(answer) == "database_takes_no_write"
        assert str(tmp_path) not in answer.text
        await room._store.figures("PRAGMA query_only = OFF")


async def test_a_folder_made_read_only_is_seen_by_the_database_itself(tmp_path: Path) -> None:
    """The file is opened anew for reading alone, as on a disk that went read-only."""
    async with Room(tmp_path, Service(), Delivery(), Rehearser()) as room, asked(room) as http:
        writable = room._store._connection
        room._store._connection = await room._store._on_thread(
            lambda: sqlite3.connect(f"{(tmp_path / 'jobs.sqlite').as_uri()}?mode=ro", uri=True, isolation_level=None)
        )
        await asyncio.sleep(0)
        assert reason(await http.get("/readyz")) == "database_takes_no_write"
        await room._store._on_thread(room._store._connection.close)
        room._store._connection = writable


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Process]:
    with running(sandbox(tmp_path)) as process:
        yield process


def program(house: Process) -> Callable[[str], Any]:
    client = Client(house.url, verbose=False)

    def order(name: str) -> Any:
        return client.submit(
            prompt=f"The tree says {name}",
            image_start=handle_file(str(GROOT)),
            duration=3,
            request_id=name,
            api_name="/generate",
        )

    return order


def state(folder: Path, name: str) -> str:
    with contextlib.closing(sqlite3.connect(folder / "data" / "jobs.sqlite")) as database:
        found = database.execute("SELECT state FROM job WHERE nonce = ?", [name]).fetchone()
    return str(found[0]) if found else "nothing"


def until(true: Callable[[], object], told: Callable[[], str]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, told()
        time.sleep(0.05)


def test_told_to_stop_in_the_middle_it_stops_by_itself_and_every_job_comes_home(
    service: Process, tmp_path: Path
) -> None:
    """One order is on its way and not answered, one video is coming in, and a program watches each."""
    fetched, ordered = "the-one-that-is-fetched", "the-one-that-is-ordered"
    service.ask("/sandbox/faults", {"route": "media", "kind": "slow", "seconds": 3600})
    with running(keyed(tmp_path, service)) as house:
        order = program(house)
        watched = [order(fetched)]
        until(lambda: state(tmp_path, fetched) == "downloading", lambda: state(tmp_path, fetched))
        service.ask("/sandbox/faults", {"route": "submit", "kind": "slow", "seconds": 3600, "accepted": True})
        watched.append(order(ordered))
        until(lambda: len(service.ask("/sandbox/ledger")) == 2, lambda: state(tmp_path, ordered))
        assert state(tmp_path, ordered) == "submitting"
        assert house.stop() in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
        assert "Traceback" not in house.log.read_text()
        assert (state(tmp_path, fetched), state(tmp_path, ordered)) == ("downloading", "submitting")

        house.start()
        again = program(house)
        ends = [list(again(name))[-1] for name in (fetched, ordered)]
        assert [(end["state"], end["error"]) for end in ends] == [("done", None)] * 2
        posts = service.ask("/sandbox/ledger")
        assert len(posts) == 2
        assert {end["task_id"] for end in ends} == {post["task_id"] for post in posts}
        assert house.stop() in (0, -signal.SIGTERM)


@pytest.mark.parametrize(("sign", "held_by"), [(signal.SIGINT, "thread"), (signal.SIGTERM, "loop")])
def test_what_hangs_for_ever_does_not_hold_up_the_end(tmp_path: Path, sign: signal.Signals, held_by: str) -> None:
    """A thread that never comes back, as in a look-up of a name or on a dead disk; or a part that does not close."""
    hanging = """
import asyncio, sys, threading
from ui import serving

serving.END = 0.2
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        if sys.argv[1] == "thread":
            asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)
        await send({"type": "lifespan.startup.complete"})
        print("up", flush=True)
        await receive()
        if sys.argv[1] == "loop":
            await asyncio.Event().wait()
        await send({"type": "lifespan.shutdown.complete"})

serving.serve(app, port=0, log_level="warning")
"""
    process = subprocess.Popen(
        [sys.executable, "-c", hanging, held_by],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    process.send_signal(sign)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + sign
    assert "No job is lost" in said
