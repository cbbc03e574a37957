"""The door: settings, public faces, and going away in good order."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import Request, urlopen

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app import Settings, build_app
from client.schema import VideoRequest
from client.version import VERSION
from jobs.desk import Desk
from tests.house import ROOT, firstframe, running, sandbox
from tests.pictures import GROOT
from ui import page


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("EVOLINK_", "FIRSTFRAME_", "GRADIO_", "PUBLIC_URL", "SPACE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    monkeypatch.chdir(tmp_path)


def test_without_a_word_it_is_the_sandbox_on_this_machine() -> None:
    settings = Settings()
    assert settings.key is None
    assert (settings.host, settings.port) == ("127.0.0.1", 7860)
    assert settings.data == Path("data")
    assert settings.public_origin is None


def test_an_empty_key_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", "")
    assert Settings().key is None


def test_a_space_knows_its_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_HOST", "someone-firstframe.hf.space")
    assert Settings().public_origin == "https://someone-firstframe.hf.space"
    monkeypatch.setenv("PUBLIC_URL", "https://video.example.org/")
    assert Settings().public_origin == "https://video.example.org"


@pytest.mark.parametrize(
    ("settings", "origin"),
    [
        ({"EVOLINK_API_KEY": "sk-x", "PUBLIC_URL": "https://video.example.org/"}, "https://video.example.org"),
        ({"EVOLINK_API_KEY": "sk-x", "SPACE_HOST": "a-b.hf.space"}, "https://a-b.hf.space"),
        ({"PUBLIC_URL": "https://video.example.org"}, None),
        ({"EVOLINK_API_KEY": "sk-x"}, None),
        ({"EVOLINK_API_KEY": "sk-x", "PUBLIC_URL": "http://video.example.org"}, None),
        ({"EVOLINK_API_KEY": "sk-x", "PUBLIC_URL": "https://localhost:7860"}, None),
        ({"EVOLINK_API_KEY": "sk-x", "PUBLIC_URL": "https://192.168.1.9"}, None),
    ],
)
def test_evolink_is_asked_to_call_back_only_where_it_can(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], origin: str | None
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert Settings().callbacks == origin


def test_the_key_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-secret")
    assert "sk-secret" not in repr(Settings())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"GRADIO_SERVER_PORT": "many"}, "GRADIO_SERVER_PORT"),
        ({"EVOLINK_API_KEY": "sk-with a blank"}, "key"),
        ({"EVOLINK_API_KEY": "sk-x", "EVOLINK_BASE_URL": "http://api.example.org"}, "https"),
        ({"FIRSTFRAME_PRICES": "no-such-file.json"}, "The price file no-such-file.json cannot be read"),
    ],
)
def test_a_setting_that_will_not_do_is_one_sentence_and_an_exit_code(settings: dict[str, str], words: str) -> None:
    end = subprocess.run(
        [sys.executable, str(ROOT / "app.py")], env=os.environ | settings, capture_output=True, text=True, timeout=120
    )
    assert end.returncode == 2
    assert words in end.stderr
    assert "Traceback" not in end.stderr
    assert "sk-" not in end.stderr


@pytest.mark.parametrize(
    ("space", "data", "mounts", "fleeting"),
    [
        (None, "/home/user/app/data", {"/"}, False),
        ("someone/firstframe", "/home/user/app/data", {"/"}, True),
        ("someone/firstframe", "/data", {"/", "/data"}, False),
        ("someone/firstframe", "/data/films", {"/", "/data"}, False),
        ("someone/firstframe", "/data", {"/"}, True),
    ],
)
def test_a_space_without_a_volume_knows_that_nothing_on_it_lasts(
    monkeypatch: pytest.MonkeyPatch, space: str | None, data: str, mounts: set[str], fleeting: bool
) -> None:
    monkeypatch.setattr(Path, "is_mount", lambda path: str(path) in mounts)
    assert Settings(space_id=space, data=Path(data)).fleeting is fleeting


def test_public_faces_a_second_process_that_stops_and_the_end(tmp_path: Path) -> None:
    with running(firstframe(tmp_path)) as house:
        assert house.ask("/healthz") == {"status": "ok", "mode": "sandbox", "version": VERSION}
        with urlopen(Request(house.url, method="HEAD")) as answer:
            assert answer.status == 200
        second = subprocess.run(
            [sys.executable, str(ROOT / "app.py")],
            cwd=tmp_path,
            env=os.environ | house.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        data = tmp_path / "data"
        assert second.stderr == f"Another Firstframe is using {data}. Stop it, or choose another folder.\n"
        assert (second.returncode, second.stdout) == (1, "")
        assert house.stop() in (0, -signal.SIGTERM)
        assert "Traceback" not in house.log.read_text()


def test_with_a_key_it_says_so(tmp_path: Path) -> None:
    with (
        running(sandbox(tmp_path)) as service,
        running(
            firstframe(tmp_path, EVOLINK_API_KEY="sk-test", EVOLINK_BASE_URL=service.url, EVOLINK_FILES_URL=service.url)
        ) as house,
    ):
        assert house.ask("/healthz")["mode"] == "evolink"
        for path in ("/config", "/gradio_api/info", "/"):
            with urlopen(f"{house.url}{path}") as answer:
                assert b"sk-test" not in answer.read()


async def test_with_a_key_too_a_rehearsal_is_made_here_and_evolink_hears_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks: list[Desk] = []

    def web(desk: Desk, *parts: Any, **more: Any) -> FastAPI:
        desks.append(desk)
        return page.web(desk, *parts, **more)

    monkeypatch.setitem(sys.modules, "ui.page", SimpleNamespace(web=web))
    with running(sandbox(tmp_path)) as service:
        key, address = SecretStr("sk-test"), service.url
        app = build_app(
            Settings(evolink_api_key=key, evolink_base_url=address, evolink_files_url=address, data=tmp_path / "data")
        )
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http,
        ):
            (desk,) = desks
            request = VideoRequest(prompt="The tree looks up", image_start=await desk.keep(GROOT), duration=3)
            *_, last = [snapshot async for snapshot in desk.rehearse(request)]
            film = await http.get(f"/r/{last.token}")
            assert last.ready
            assert (film.status_code, film.content[4:8]) == (200, b"ftyp")
        assert service.ask("/sandbox/ledger") == []
    assert list((tmp_path / "sandbox" / "files").rglob("*")) == []


def test_the_sandbox_dies_with_the_app(tmp_path: Path) -> None:
    """Even by kill -9, and with a film in the making: no process of ours stays behind."""
    from gradio_client import Client, handle_file

    with running(firstframe(tmp_path)) as house:
        job = Client(house.url, verbose=False).submit(
            prompt="Nobody will see this",
            image_start=handle_file(str(GROOT)),
            duration=15,
            quality="1080p",
            api_name="/generate",
        )
        assert next(iter(job))["state"] in ("new", "submitting", "submitted")
        _until(lambda: _workers(tmp_path))
        house.kill()
        _until(lambda: not _workers(tmp_path))


def _workers(folder: Path) -> list[str]:
    """Processes that work for the sandbox whose data lies here."""
    found = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [line for line in found.splitlines() if "sandbox.worker" in line]


def _until(true: object) -> None:
    import time

    until = time.monotonic() + 60
    while not true():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.05)
