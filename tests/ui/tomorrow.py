"""What a new field of a request has to be, everywhere. `test_new_field` runs this where somebody added `mood`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from client.schema import VideoRequest
from jobs.desk import Desk
from tests.readme import table
from tests.sandbox.house import opening
from tests.ui.filled import file, form
from ui.api import Generate
from ui.create import Create
from ui.fields import inputs
from ui.page import web
from ui.sending import Service
from ui.values import form_values, request_values

SERVICE = Service("https://api.evolink.ai", "https://files-api.evolink.ai")
ASKED: dict[str, Any] = {"prompt": "Rain", "image_start": "https://pictures.example.org/a.png"}


@pytest.fixture
async def page(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The whole app, spoken to as a browser does."""

    @asynccontextmanager
    async def nothing(_: FastAPI) -> AsyncIterator[None]:
        yield

    app = web(desk, SERVICE, mode="sandbox", version="1", public_url=None, lifespan=nothing)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client,
    ):
        yield client


async def test_the_form_asks_for_it(page: httpx.AsyncClient) -> None:
    config = (await page.get("/config")).json()
    (drawn,) = (part for part in config["components"] if part["props"].get("elem_id") == "mood")
    assert (drawn["type"], drawn["props"]["label"], drawn["props"]["info"]) == ("radio", "Mood", "How it feels.")
    assert [value for _, value in drawn["props"]["choices"]] == ["", "calm", "wild"]


async def test_programs_may_give_it(page: httpx.AsyncClient, desk: Desk) -> None:
    info = (await page.get("/gradio_api/info")).json()["named_endpoints"]["/generate"]
    (described,) = (given for given in info["parameters"] if given["parameter_name"] == "mood")
    assert (described["label"], described["parameter_has_default"]) == ("Mood", True)
    generate = Generate(desk, sandbox=True, public_url="http://test")
    snapshot = await anext(generate.generate(gr.Request(), **ASKED, mood="wild"))
    assert (await desk.watch(snapshot["job_id"]).__anext__()).request.body()["mood"] == "wild"
    refused = await anext(generate.generate(gr.Request(), **ASKED, mood="bored"))
    assert refused["error"].startswith("mood: Choose one of")


def test_what_the_form_holds_is_sent_and_comes_back() -> None:
    held = form(**ASKED, mood="calm")
    request = VideoRequest.model_validate(request_values(held, inputs()))
    assert request.body()["mood"] == "calm"
    assert form_values(request, inputs()) == held
    assert "mood" not in VideoRequest.model_validate(request_values(form(**ASKED), inputs())).body()


async def test_a_press_orders_it(desk: Desk, tmp_path: Path) -> None:
    Image.new("RGB", (640, 480)).save(tmp_path / "a.png")
    with gr.Blocks(analytics_enabled=False):
        create = Create(desk, gr.Textbox(), gr.Textbox(), SERVICE, sandbox=True)
        create.draw()
    values = form(prompt="Rain", image_start=file(tmp_path / "a.png"), mood="calm")
    assert '"mood": "calm"' in (await create.looking.look("ann", "en", **values))[3].replace("&quot;", '"')
    async for _ in create.start("ann", "n", "en", **values):
        pass
    (job,) = await desk.recent("ann")
    assert job.request.model_dump()["mood"] == "calm"
    again = await create.refilling.again("ann", gr.EventData(None, {"job": job.id}))
    assert dict(zip(create.form.parts, again, strict=True))["mood"] == "calm"


def test_the_readme_tells_of_it() -> None:
    assert "| `mood` | **Mood.** How it feels. | `calm`, `wild` |" in table()


async def test_the_sandbox_takes_it_and_looks_at_it(tmp_path: Path) -> None:
    async with opening(tmp_path / "sandbox")() as house:
        assert (await house.submit(mood="calm")).status_code == 200
        refused = await house.submit(mood="bored")
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "mood")
        described = (await house.http.get("/openapi.json")).json()["components"]["schemas"]["VideoRequest"]
        assert "mood" in described["properties"]
