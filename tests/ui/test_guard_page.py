"""The guard before the real page: Gradio's routes, its settings, and what it makes of what is turned away."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
import httpx
import pytest
from fastapi import FastAPI
from gradio.routes import App
from starlette.routing import BaseRoute, Mount
from starlette.types import Message

from jobs.desk import Desk
from jobs.engine import LocalEngine
from jobs.ride import Means
from jobs.shelf import Shelf
from jobs.store import Store
from tests.jobs.fakes import Clock, Delivery, Service, purse, rehearsals
from tests.pictures import GROOT
from ui import page, sending
from ui.guard import MOST
from ui.routes import TABLE, Routes, Rule

SERVICE = sending.Service("https://api.evolink.ai", "https://files-api.evolink.ai")


class House(NamedTuple):
    app: FastAPI
    http: httpx.AsyncClient
    uploads: Path

    @property
    def blocks(self) -> gr.Blocks:
        return next(route.app for route in self.app.routes if isinstance(getattr(route, "app", None), App)).get_blocks()


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """All of the web, spoken to from a network nearby."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "uploads").mkdir()
    means = Means(Store(folder, Clock()), Shelf(folder), Service(), Delivery(), Clock())
    desk = Desk(means, LocalEngine(means), rehearsals(means), purse(means))

    @asynccontextmanager
    async def nothing(_: FastAPI) -> AsyncIterator[None]:
        yield

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "uploads"))
        app = page.web(desk, SERVICE, mode="sandbox", version="1", public_url=None, lifespan=nothing)
    transport = httpx.ASGITransport(app, client=("203.0.113.9", 1))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as http,
    ):
        yield House(app, http, folder / "uploads")


def routes(of: Iterable[BaseRoute], below: str = "") -> Iterator[str]:
    """ "GET /path" for everything that answers, however deep it is mounted."""
    for route in of:
        if isinstance(route, Mount):
            inner = getattr(route.app, "routes", None)
            folder = below + route.path.rstrip("/")
            yield from routes(inner, folder) if inner else (f"{m} {folder}/{{path:path}}" for m in ("GET", "HEAD"))
        elif hasattr(route, "original_router"):
            yield from routes(route.original_router.routes, below)
        else:
            yield from (f"{method} {below}{route.path}" for method in route.methods)  # type: ignore[attr-defined]


async def test_each_route_has_a_verdict_and_none_has_come_gone_or_changed(house: House) -> None:
    found, listed = set(routes(house.app.routes)), set(Routes.read().rules)
    assert found - listed == set(), f"without a verdict in {TABLE.name}"
    assert listed - found == set(), f"gone, yet in {TABLE.name}"


def test_each_verdict_has_a_reason() -> None:
    text = TABLE.read_text(encoding="utf-8")
    assert len(re.findall(r'^"[A-Z]+ /\S*" = "[^"]{7,100}"$', text, re.MULTILINE)) == len(Routes.read().rules)


async def test_what_is_denied_does_not_reach_gradio(house: House) -> None:
    denied = [key for key, rule in Routes.read().rules.items() if rule is Rule.DENY]
    assert len(denied) > 40
    for key in denied:
        method, path = re.sub(r"\{(\w+)(:path)?\}", "1", key).split(" ")
        answer = await house.http.request(method, path)
        assert answer.status_code == 404, key
        assert "detail" not in answer.text, key


async def test_no_page_of_another_site_reads_anything_even_under_a_name_of_ours(house: House) -> None:
    for path in ("/config", "/gradio_api/info", "/", "/theme.css"):
        answer = await house.http.get(path, headers={"Origin": "https://evil.example", "Host": "a.localhost"})
        assert answer.status_code == 200
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_the_pages_own_scripts_are_marked_and_only_they(house: House) -> None:
    answer = await house.http.get("/")
    (nonce,) = re.findall(r"'nonce-([\w-]+)'", answer.headers["content-security-policy"])
    scripts = re.findall(r"<script\b[^>]*>", answer.text)
    assert len(scripts) > 3
    assert all(f'nonce="{nonce}"' in script for script in scripts)
    assert "<base" not in answer.text
    assert "'unsafe-inline'" not in answer.headers["content-security-policy"].split("style-src")[0]


async def test_gradio_is_set_as_it_has_to_be(house: House) -> None:
    config: dict[str, Any] = (await house.http.get("/config")).json()
    assert house.blocks.run_history is False
    assert house.blocks.enable_monitoring is False
    assert house.blocks.mcp_server is False
    assert house.blocks.auth is None
    assert house.blocks.pwa is False
    assert house.blocks.ssr_mode is False
    assert house.blocks.vibe_mode is False
    assert house.blocks.analytics_enabled is False
    assert house.blocks.allowed_paths == []
    assert house.blocks.max_file_size == 64 * 1024 * 1024 < MOST[Rule.FILES]
    assert house.blocks.delete_cache == (3600, 86400)
    assert config["footer_links"] == []
    assert not config["connect_heartbeat"], "or the guard has to let heartbeats in"


async def test_a_picture_comes_in_and_goes_out_and_lies_where_it_should(house: House) -> None:
    answer = await house.http.post("/gradio_api/upload", files={"files": GROOT.read_bytes()})
    (path,) = answer.json()
    assert Path(path).is_relative_to(house.uploads)
    assert (await house.http.get(f"/gradio_api/file={path}")).content == GROOT.read_bytes()
    assert (await house.http.get("/gradio_api/file=https://example.org/a.png")).status_code == 404


async def test_an_upload_that_is_broken_off_leaves_nothing_behind(house: House) -> None:
    """Gradio alone keeps what had come, for ever."""
    before = {path for path in house.uploads.rglob("*") if path.is_file()}
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    coming: list[Message] = [
        {"type": "http.request", "body": head, "more_body": True},
        {"type": "http.request", "body": bytes(100_000), "more_body": True},
    ]
    seen: list[int] = []

    async def receive() -> Message:
        seen.append(len([path for path in house.uploads.iterdir() if path.is_file()]))
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        pass

    scope = {
        "type": "http", "method": "POST", "path": "/gradio_api/upload", "query_string": b"", "scheme": "http",
        "client": ("203.0.113.9", 1), "server": ("localhost", 80), "root_path": "",
        "headers": [(b"host", b"localhost"), (b"content-type", b"multipart/form-data; boundary=x")],
    }  # fmt: skip
    await house.app(scope, receive, send)
    assert max(seen) == 1, "it was on its way"
    assert {path for path in house.uploads.rglob("*") if path.is_file()} == before


async def test_an_upload_that_is_turned_away_leaves_nothing_behind(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MOST, Rule.FILES, 300_000)
    before = {path for path in house.uploads.rglob("*") if path.is_file()}
    form = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'

    async def endless() -> AsyncIterator[bytes]:
        yield form
        for _ in range(10):
            yield bytes(100_000)

    answer = await house.http.post(
        "/gradio_api/upload", content=endless(), headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code == 413
    assert answer.text.startswith("This is more than can be taken at once.")
    assert {path for path in house.uploads.rglob("*") if path.is_file()} == before
