"""Firstframe and its sandbox as real processes, for tests that look from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

ROOT = Path(__file__).parent.parent
PATIENCE = 90
"""Seconds a process may take to answer at all on a busy machine."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@dataclass
class Process:
    """One of ours, with its output in a file. It runs beside that file, where no `.env` of anybody's lies."""

    arguments: list[str]
    url: str
    probe: str
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.arguments],
                cwd=self.log.parent,
                env=_clean_environment() | {"PYTHONPATH": str(ROOT)} | self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                with urlopen(Request(f"{self.url}{self.probe}", headers={"Authorization": "Bearer sk-test"})):
                    return
            except URLError:
                time.sleep(0.1)
        raise AssertionError(f"{self.arguments} does not answer: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """As a power cut does."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def ask(self, path: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": "Bearer sk-test", "Content-Type": "application/json"}
        with urlopen(Request(f"{self.url}{path}", data=data, headers=headers)) as answer:
            return json.load(answer)


def sandbox(folder: Path, *more: str) -> Process:
    port = free_port()
    arguments = ["-m", "sandbox", "--port", str(port), "--data", str(folder / "sandbox"), "--faults", *more]
    return Process(arguments, f"http://127.0.0.1:{port}", "/v1/models", folder / "sandbox.log")


def firstframe(folder: Path, **settings: str) -> Process:
    port = free_port()
    environment = {"FIRSTFRAME_DATA": str(folder / "data"), "GRADIO_SERVER_PORT": str(port)} | settings
    environment["GRADIO_TEMP_DIR"] = str(folder / "uploads")
    return Process([str(ROOT / "app.py")], f"http://127.0.0.1:{port}", "/healthz", folder / "app.log", environment)


def keyed(folder: Path, service: Process) -> Process:
    """Firstframe with a key, whose EvoLink is a sandbox of its own on another port."""
    return firstframe(folder, EVOLINK_API_KEY="sk-test", EVOLINK_BASE_URL=service.url, EVOLINK_FILES_URL=service.url)


@contextmanager
def running(process: Process) -> Iterator[Process]:
    process.start()
    try:
        yield process
    finally:
        if process.process and process.process.poll() is None:
            process.kill()


def _clean_environment() -> dict[str, str]:
    """Without anything that would change what is tested, such as the key of whoever runs the tests."""
    ours = ("EVOLINK_", "FIRSTFRAME_", "GRADIO_", "PUBLIC_URL", "SPACE_", "COV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
