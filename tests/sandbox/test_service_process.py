"""`python -m sandbox`: a process of its own."""

import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import av
import httpx
import pytest
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream

from sandbox.__main__ import main
from sandbox.disk import locked
from tests.sandbox.house import draw

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[tuple[Process, str]]:
    """The process, and its origin as it was told."""
    command = [sys.executable, "-m", "sandbox", *arguments]
    async with await anyio.open_process(command, cwd=ROOT, stderr=None) as process:
        try:
            assert process.stdout is not None
            with anyio.fail_after(60):
                line = await TextReceiveStream(process.stdout).receive()
            found = re.fullmatch(r"The sandbox is ready at (http://127\.0\.0\.1:\d+)\n", line)
            assert found, line
            yield process, found[1]
        finally:
            if process.returncode is None:
                process.kill()


async def test_it_serves_and_stops_in_good_order(tmp_path: Path) -> None:
    arguments = ("--data", str(tmp_path / "sandbox"), "--key", "sk-right", "--faults", "--credits", "30")
    async with running(*arguments) as (process, origin):
        async with httpx.AsyncClient(base_url=origin, verify=False) as http:
            assert (await http.get("/v1/credits")).status_code == 401
            http.headers["Authorization"] = "Bearer sk-right"
            account = (await http.get("/v1/credits")).json()
            assert account["data"]["user"]["remaining_credits"] == 30
            assert (await http.get("/sandbox/ledger")).json() == []
        process.send_signal(signal.SIGTERM)
        with anyio.fail_after(30):
            assert await process.wait() == 0


@pytest.fixture
def _same_signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("_same_signals")
def test_a_folder_that_is_taken_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with locked(tmp_path):
        assert main(["--data", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"Another sandbox is using {tmp_path}. Stop it, or choose another folder.\n"


@pytest.mark.usefixtures("_same_signals")
def test_a_port_that_is_taken_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["--data", str(tmp_path), "--port", str(taken.getsockname()[1])]) == 1
    assert "in use" in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["--idempotency=sometimes", "--port=none"])
def test_a_wrong_argument_is_told(argument: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([argument])
    assert "usage: python -m sandbox" in capsys.readouterr().err


async def test_killed_in_the_middle_of_a_real_film_it_goes_on_at_the_next_start(tmp_path: Path) -> None:
    arguments = ("--data", str(tmp_path / "sandbox"))
    async with running(*arguments) as (process, origin), _client(origin) as http:
        upload = await http.post("/api/v1/files/upload/stream", files={"file": ("boat.jpg", draw(640, 480, "JPEG"))})
        body = {
            "model": "kling-o3-image-to-video",
            "prompt": "The camera rises",
            "image_start": upload.json()["data"]["file_url"],
            "duration": 3,
            "sound": "on",
        }
        task_id = (await http.post("/v1/videos/generations", json=body)).json()["id"]
        await _until(http, task_id, lambda task: task["progress"] > 0)
        process.kill()
        await process.wait()

    async with running(*arguments) as (process, origin), _client(origin) as http:
        task = await _until(http, task_id, lambda task: task["status"] in ("completed", "failed"))
        assert task["status"] == "completed", task
        [link] = task["results"]
        (tmp_path / "film.mp4").write_bytes((await http.get(link)).content)
        process.send_signal(signal.SIGINT)
        with anyio.fail_after(30):
            assert await process.wait() == 0
    with av.open(str(tmp_path / "film.mp4")) as film:
        [picture], [sound] = film.streams.video, film.streams.audio
        assert (picture.codec_context.name, sound.codec_context.name) == ("h264", "aac")
        assert (picture.width, picture.height, picture.frames) == (960, 720, 72)


def _client(origin: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=origin, headers={"Authorization": "Bearer sk-test"}, timeout=60, verify=False)


async def _until(http: httpx.AsyncClient, task_id: str, so_far: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    with anyio.fail_after(120):
        while True:
            task = (await http.get(f"/v1/tasks/{task_id}")).json()
            if so_far(task):
                return dict(task)
            await anyio.sleep(0.02)
