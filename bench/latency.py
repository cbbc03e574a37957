"""From a task's completion in the sandbox to the generator's last message and to a playing clip in Chromium, against a
bare page that plays the same file. Completion is seen by asking the sandbox every few milliseconds."""

import asyncio
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from gradio_client import Client, handle_file
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import Route

from tests.browser.chromium import FLAGS, find
from tests.browser.pages import Visit
from tests.house import Process, keyed, running, sandbox
from tests.pictures import GROOT

RUNS = 5
GOAL = 2.0
READY = """() => new Promise(resolve => {
  const look = () => {
    const video = document.querySelector('video');
    if (video && video.readyState >= 3) resolve(Date.now() / 1000); else setTimeout(look, 2);
  };
  look();
})"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        with running(sandbox(folder)) as service, running(keyed(folder, service)) as app:
            messages = [_last_message(app, service) for _ in range(RUNS)]
            plays = [_plays(browser, app, service) for _ in range(RUNS)]
            clip = max((folder / "data").rglob("*.mp4"), key=lambda path: path.stat().st_mtime)
            bare = [_bare(browser, clip) for _ in range(RUNS)]
        browser.close()
    message, play, plain = (statistics.median(figures) for figures in (messages, plays, bare))
    sys.stdout.write(
        f"completion to the generator's last message, median of {RUNS}: {message * 1000:.0f} ms\n"
        f"completion to readyState >= 3: {play * 1000:.0f} ms, bare page with the same file {plain * 1000:.0f} ms, "
        f"ratio {play / plain:.2f} (goal {GOAL})\n"
    )


def _last_message(app: Process, service: Process) -> float:
    job = Client(app.url, verbose=False).submit(
        prompt="How long does the news take", image_start=handle_file(str(GROOT)), duration=3, api_name="/generate"
    )
    with _completion(service) as completed:
        for snapshot in job:
            if snapshot["state"] == "done":
                return time.time() - completed()
    raise AssertionError("the job did not end well")


def _plays(browser: Browser, app: Process, service: Process) -> float:
    page = browser.new_page()
    try:
        visit = Visit(page, app.url)
        visit.choose(GROOT)
        visit.prompt.fill("How long does the clip take")
        visit.pick("Length", "3 s")
        with _completion(service) as completed:
            visit.create.click()
            return float(page.evaluate(READY)) - completed()
    finally:
        page.close()


@contextmanager
def _completion(service: Process) -> Iterator[object]:
    """Watches for the next task to complete; gives a function that tells when that was."""
    before = len(service.ask("/sandbox/ledger"))
    seen: list[float] = []

    def watch() -> None:
        while len(rows := service.ask("/sandbox/ledger")) == before:
            time.sleep(0.02)
        while service.ask(f"/v1/tasks/{rows[-1]['task_id']}")["status"] != "completed":
            time.sleep(0.004)
        seen.append(time.time())

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()

    def completed() -> float:
        thread.join()
        return seen[0]

    yield completed


def _bare(browser: Browser, clip: Path) -> float:
    async def file(_: object) -> FileResponse:
        return FileResponse(clip, media_type="video/mp4")

    async def html(_: object) -> HTMLResponse:
        return HTMLResponse("<video src='/clip.mp4' autoplay muted preload='auto'></video>")

    app = Starlette(routes=[Route("/", html), Route("/clip.mp4", file)])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        page: Page = browser.new_page()
        begun = time.time()
        page.goto(f"http://127.0.0.1:{listener.getsockname()[1]}/", wait_until="commit")
        ready = float(page.evaluate(READY))
        page.close()
        server.should_exit = True
        thread.join()
    return ready - begun


if __name__ == "__main__":
    main()
