"""One film in a process of its own: `python -m sandbox.worker` renders, `render_in_worker` starts it and listens.

The film goes in as a line of JSON; lines of JSON come out, `{"progress": share}`, and at the end `{"done": true}` or
`{"code": ..., "message": ...}`. The way in stays open as long as the parent lives. When it ends, even because the
parent was killed, the worker ends too.
"""

import asyncio
import json
import logging
import os
import sys
import threading
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TextIO

import anyio

from sandbox.errors import RenderError
from sandbox.film import Film, ShotPlan
from sandbox.render import part_of, render

NICENESS: Final = 5
REPORT_SECONDS: Final = 0.1
WINDOWS: Final = ("SYSTEMROOT", "WINDIR")
"""Without these Windows finds neither its libraries nor its fonts."""
PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", *WINDOWS)
"""All of the environment that the worker gets to see: no keys."""

ROOT: Final = Path(__file__).resolve().parent.parent

logger = logging.getLogger(__name__)


async def render_in_worker(film: Film, target: Path, progress: Callable[[float], None]) -> None:
    """Render the film to `target` in a child process. `progress` hears the share of frames done, now and then.

    Raises RenderError. Cancelled, it kills the child, waits for its end and leaves nothing on disk.
    """
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox.worker"),
        stdin=PIPE,
        stdout=PIPE,
        cwd=ROOT,
        env=_environment(),
        start_new_session=True,
    )
    try:
        await _follow(worker, _order(film, target), progress)
    finally:
        with anyio.CancelScope(shield=True):
            await _end(worker)
        part_of(target).unlink(missing_ok=True)


async def _follow(worker: Process, order: str, progress: Callable[[float], None]) -> None:
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write(f"{order}\n".encode())
    async for line in worker.stdout:
        match json.loads(line):
            case {"progress": share}:
                progress(share)
            case {"done": True}:
                return
            case {"code": code, "message": message}:
                raise RenderError(code, message)
    raise RenderError("service_error", "The renderer stopped before the video was done.")


async def _end(worker: Process) -> None:
    if worker.returncode is None:
        worker.kill()
    await worker.wait()
    if worker.stdin:
        worker.stdin.close()


def _environment() -> dict[str, str]:
    kept = {name: value for name in PASSED_ON if (value := os.environ.get(name)) is not None}
    return {**kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _order(film: Film, target: Path) -> str:
    return json.dumps({"film": asdict(film), "target": target.absolute()}, default=lambda path: str(path.absolute()))


def _film(order: dict[str, Any]) -> Film:
    def path(name: str | None) -> Path | None:
        return Path(name) if name else None

    return Film(
        first=path(order["first"]),
        last=path(order["last"]),
        references=tuple(map(path, order["references"])),
        shots=tuple(ShotPlan(**shot) for shot in order["shots"]),
        aspect_ratio=order["aspect_ratio"],
        quality=order["quality"],
        sound=order["sound"],
        label=order["label"],
    )


def main() -> None:
    """Read one film, render it, tell how it goes."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_die_with_parent, args=(sys.stdin,), daemon=True).start()
    try:
        render(_film(order["film"]), Path(order["target"]), _reporter())
    except RenderError as error:
        _tell(code=error.code, message=str(error))
    except Exception:
        logger.exception("The film could not be rendered")
        _tell(code="service_error", message="The video could not be rendered.")
    else:
        _tell(done=True)


def _die_with_parent(from_parent: TextIO) -> None:
    while from_parent.read(1):
        pass
    os._exit(1)


def _reporter() -> Callable[[float], None]:
    told = 0.0

    def report(share: float) -> None:
        nonlocal told
        now = time.monotonic()
        if share >= 1 or now - told >= REPORT_SECONDS:
            told = now
            _tell(progress=share)

    return report


def _tell(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
