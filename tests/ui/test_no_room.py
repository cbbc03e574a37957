"""A disk without room for a video: one sentence wherever something is ordered, and nothing behind it."""

import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from client.schema import VideoRequest
from jobs.desk import Desk
from jobs.disk import MIN_FREE, NoRoom
from jobs.job import new_job
from jobs.states import State
from tests.ui.filled import complaints, file, form, gallery
from ui.api import Generate
from ui.asking import told
from ui.complaints import Complaints
from ui.create import Create
from ui.elements import Elements
from ui.languages import NAMES, language
from ui.sending import Service
from ui.stage import stage

SERVICE = Service("https://api.evolink.ai", "https://files-api.evolink.ai")
usage = namedtuple("usage", "total used free")


@pytest.fixture(autouse=True)
def _hardly_any_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(MIN_FREE, 0, MIN_FREE - 1))


@pytest.fixture
def picture(tmp_path: Path) -> dict[str, Any]:
    Image.new("RGB", (640, 480), "teal").save(tmp_path / "boat.png")
    return file(tmp_path / "boat.png", "boat.png", "/gradio_api/file=1")


async def test_create_says_so_and_wakes_its_button(desk: Desk, picture: dict[str, Any]) -> None:
    with gr.Blocks(analytics_enabled=False):
        create = Create(desk, gr.Textbox(), gr.Textbox(), SERVICE, sandbox=False)
        create.draw()
    steps = create.start("ann", "n", "en", **form(image_start=picture, prompt="Rain"))
    assert complaints((await anext(steps))[3]) == {}
    assert (await anext(steps))[2].interactive
    with pytest.raises(gr.Error, match="Free at least 1 GB") as refused:
        await anext(steps)
    assert not refused.value.print_exception
    assert await desk.recent("ann") == []


async def test_make_the_element_says_so_and_keeps_what_was_typed(desk: Desk, picture: dict[str, Any]) -> None:
    with gr.Blocks(analytics_enabled=False):
        elements = Elements(desk, gr.Dropdown(), sandbox=True)
        elements.draw(language("en"))
        told_there = Complaints()
        told_there.draw()
    named = {f"model_params__{name}": "Mia" for name in ("element_name", "element_description")}
    front, views = (f"model_params__element_image_list__{name}" for name in ("frontal_image", "refer_images"))
    with pytest.raises(gr.Error, match="nothing was sent"):
        await elements.start("ann", "n", "en", **named, **{front: picture, views: gallery(picture)})
    assert await desk.elements("ann") == []


async def test_a_program_gets_one_snapshot_that_says_so(desk: Desk, picture: dict[str, Any]) -> None:
    generate = Generate(desk, sandbox=True, public_url=None)
    asked = {"prompt": "Rain", "image_start": picture}
    (said,) = [snapshot async for snapshot in generate.generate(gr.Request(), **asked)]
    assert (said["state"], said["job_id"]) == ("rejected", None)
    assert said["error"] == said["message"] == str(NoRoom())


@pytest.mark.parametrize("code", NAMES)
def test_every_language_says_how_much_room_is_needed(code: str) -> None:
    sentence = told(NoRoom(), language(code))
    assert language(code).bytes(MIN_FREE) in sentence
    assert sentence[-1] in ".。"


@pytest.mark.parametrize("seconds", [None, 5.04, 4, 15])
def test_a_film_as_long_as_ordered_is_not_talked_about(seconds: float | None) -> None:
    assert "task-unified-7" not in _stage(seconds)


@pytest.mark.parametrize(("seconds", "said"), [(2.2, "lasts 2 s instead of the 5 s"), (0, "you ordered 5 s")])
def test_a_film_that_came_too_short_says_so_beside_its_task(seconds: float, said: str) -> None:
    assert said in _stage(seconds)
    assert "task-unified-7" in _stage(seconds)


def _stage(seconds: float | None) -> str:
    made = new_job(VideoRequest(prompt="Rain", image_start="upload:a.jpg"), owner="o", nonce="n", now=1000.0)
    done = replace(made, state=State.DONE, task_id="task-unified-7", video_seconds=seconds)
    return stage(done, language("en"), sandbox=False)
