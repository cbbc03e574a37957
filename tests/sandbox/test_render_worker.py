"""The renderer in a process of its own."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import anyio
import pytest

from sandbox import worker
from sandbox.errors import RenderError
from sandbox.film import Film
from sandbox.worker import ROOT, render_in_worker
from tests.sandbox.footage import decoded, one_shot, plain

needs_processes = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes through /proc")


def _film(folder: Path, seconds: int = 1, **parts: object) -> Film:
    picture = plain(folder / "picture.png", (90, 120, 150), (360, 300))
    return one_shot("a boat on <<<image_1>>>", seconds, first=picture, aspect_ratio="1:1", **parts)


async def test_it_renders_and_tells_how_far_it_is(tmp_path: Path) -> None:
    heard: list[float] = []
    await render_in_worker(_film(tmp_path, 2, sound=True), tmp_path / "film.mp4", heard.append)
    film = decoded(tmp_path / "film.mp4")
    assert film.video["size"] == (720, 720)
    assert film.video["frames"] == 48
    assert film.sound is not None
    assert heard == sorted(heard)
    assert heard[0] > 0
    assert heard[-1] == 1
    assert len(heard) < 48


async def test_it_takes_the_whole_film_along(tmp_path: Path) -> None:
    red, blue = plain(tmp_path / "red.png", (200, 40, 40)), plain(tmp_path / "blue.png", (40, 40, 200))
    film = one_shot("<<<image_2>>>", first=red, references=(blue,), aspect_ratio="1:1")
    await render_in_worker(film, tmp_path / "film.mp4", lambda share: None)
    seen = decoded(tmp_path / "film.mp4")
    assert seen.colour(0) == pytest.approx((200, 40, 40), abs=6)
    assert seen.colour(23) == pytest.approx((40, 40, 200), abs=6)


async def test_a_damaged_picture_gives_the_contract_s_code(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(b"\x89PNG\r\n\x1a\nnothing else")
    with pytest.raises(RenderError) as failure:
        await render_in_worker(one_shot("a boat", first=damaged), tmp_path / "film.mp4", lambda share: None)
    assert failure.value.code == "image_processing_error"
    assert _left(tmp_path) == ["damaged.png"]


async def test_a_place_that_cannot_be_written_is_a_fault_of_the_service(tmp_path: Path) -> None:
    with pytest.raises(RenderError) as failure:
        await render_in_worker(_film(tmp_path), tmp_path / "nowhere" / "film.mp4", lambda share: None)
    assert failure.value.code == "service_error"


async def test_a_worker_that_dies_is_a_fault_of_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_order", lambda film, target: "no film at all")
    with pytest.raises(RenderError) as failure:
        await render_in_worker(_film(tmp_path), tmp_path / "film.mp4", lambda share: None)
    assert failure.value.code == "service_error"


@needs_processes
async def test_cancelled_it_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    async with anyio.create_task_group() as group:
        started = anyio.Event()
        group.start_soon(render_in_worker, _film(tmp_path, 15), tmp_path / "film.mp4", lambda share: started.set())
        await started.wait()
        assert workers(os.getpid())
        group.cancel_scope.cancel()
    assert not workers(os.getpid())
    assert _left(tmp_path) == ["picture.png"]


@needs_processes
async def test_a_cancelled_task_ends_it_as_well(tmp_path: Path) -> None:
    started = asyncio.Event()
    task = asyncio.create_task(
        render_in_worker(_film(tmp_path, 15), tmp_path / "film.mp4", lambda share: started.set())
    )
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not workers(os.getpid())


@needs_processes
async def test_it_sees_no_keys_and_gives_way_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-canary")
    seen: list[tuple[bytes, int]] = []

    def look(share: float) -> None:
        if not seen:
            (process,) = workers(os.getpid())
            environment = Path(f"/proc/{process}/environ").read_bytes()
            seen.append((environment, os.getpriority(os.PRIO_PROCESS, process)))

    await render_in_worker(_film(tmp_path, 3), tmp_path / "film.mp4", look)
    ((environment, niceness),) = seen
    assert b"PATH=" in environment
    assert b"canary" not in environment
    assert niceness >= 5


@needs_processes
def test_it_dies_with_its_parent_even_when_that_is_killed(tmp_path: Path) -> None:
    _film(tmp_path)
    script = """
        import sys, anyio
        from pathlib import Path
        from sandbox.film import Film, ShotPlan
        from sandbox.worker import render_in_worker
        folder = Path(sys.argv[1])
        film = Film(folder / "picture.png", None, (), (ShotPlan("a boat", 15),), "16:9", "4k")
        anyio.run(render_in_worker, film, folder / "film.mp4", lambda share: print("going", flush=True))
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert parent.stdout
    try:
        assert parent.stdout.readline() == b"going\n"
        (process,) = workers(parent.pid)
        assert os.getsid(process) != os.getsid(parent.pid), "a Ctrl-C in the terminal is not for the worker"
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        parent.stdout.close()
    deadline = time.monotonic() + 30
    while _works(Path(f"/proc/{process}")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _works(Path(f"/proc/{process}"))


def _left(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def workers(parent: int) -> list[int]:
    """Living workers that a process has started."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _works(process) and _parent(process) == parent:
            found.append(int(process.name))
    return found


def _works(process: Path) -> bool:
    try:
        return b"sandbox.worker" in (process / "cmdline").read_bytes()
    except OSError:
        return False


def _parent(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None
