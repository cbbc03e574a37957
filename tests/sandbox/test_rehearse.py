"""A rehearsal: the same film, small and labelled, from whatever pictures are here."""

import os
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from client.errors import PictureError
from client.schema import VideoRequest
from jobs.clock import SystemClock
from jobs.rehearsal import Rehearsals
from jobs.shelf import Shelf
from sandbox.errors import RenderError
from sandbox.film import RATIOS, plan, size_of
from sandbox.rehearse import rehearse
from tests.sandbox.footage import Footage, decoded, plain
from tests.sandbox.test_render_worker import needs_processes, workers

RED, BLUE = "upload:red.png", "https://example.com/blue.png"


async def rehearsed(folder: Path, pictures: dict[str, Path], **asked: Any) -> Footage:
    heard: list[float] = []
    request = VideoRequest.model_validate({"prompt": "A boat", "duration": 3, **asked})
    await rehearse(request, pictures, folder / "film.mp4", heard.append)
    assert heard[-1] == 1
    return decoded(folder / "film.mp4")


def storyboard(*shots: tuple[str, int]) -> dict[str, Any]:
    written = [
        {"index": place, "prompt": prompt, "duration": seconds} for place, (prompt, seconds) in enumerate(shots, 1)
    ]
    return {
        "duration": sum(seconds for _, seconds in shots),
        "model_params": {"multi_shot": True, "shot_type": "customize", "multi_prompt": written},
    }


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, Path]:
    red = plain(tmp_path / "red.png", (200, 40, 40), (600, 400))
    return {RED: red, BLUE: plain(tmp_path / "blue.png", (40, 40, 200))}


async def test_it_is_small_and_has_the_shape_and_seconds_of_the_real_film(
    tmp_path: Path, pictures: dict[str, Path]
) -> None:
    film = await rehearsed(tmp_path, pictures, image_start=RED, quality="4k")
    assert (film.video["size"], film.video["seconds"], film.video["rate"]) == ((540, 360), 3, 24)
    assert film.sound is None
    assert film.metadata["title"] == film.metadata["comment"] == "Firstframe rehearsal"


@pytest.mark.parametrize("ratio", [*RATIOS.values(), 3 / 2, 2 / 3, 2.5, 0.4, 1.234])
def test_every_shape_is_the_real_one_made_small(ratio: float) -> None:
    width, height = size_of(ratio, "360p")
    assert width % 4 == height % 4 == 0
    assert min(width, height) == 360
    real = size_of(ratio, "720p")
    assert width / height == pytest.approx(real[0] / real[1], rel=0.01)


async def test_cuts_are_where_they_will_be_and_sound_is_there_when_asked_for(
    tmp_path: Path, pictures: dict[str, Path]
) -> None:
    shots = storyboard(("<<<image_1>>>", 1), ("over <<<image_2>>>", 2), ("<<<image_1>>> again", 1))
    film = await rehearsed(
        tmp_path, pictures, image_start=RED, image_urls=[BLUE], aspect_ratio="1:1", sound="on", **shots
    )
    seen = ["red" if film.colour(frame)[0] > 120 else "blue" for frame in range(96)]
    assert seen == ["red"] * 24 + ["blue"] * 48 + ["red"] * 24
    assert film.audio["seconds"] == 4


async def test_a_picture_that_is_not_here_keeps_its_number_and_its_place_is_quiet(
    tmp_path: Path, pictures: dict[str, Path]
) -> None:
    shots = storyboard(("a boat", 1), ("<<<image_2>>>", 2))
    asked = {"image_start": RED, "image_urls": [BLUE], **shots}
    here = await rehearsed(tmp_path, {RED: pictures[RED]}, **asked)
    assert here.video["size"] == (540, 360)
    assert here.colour(0) == pytest.approx((200, 40, 40), abs=6)
    there = await rehearsed(tmp_path, {BLUE: pictures[BLUE]}, **asked)
    assert there.video["size"] == (480, 360)
    corners = {there.colour(0, across, down) for across in (0.02, 0.98) for down in (0.02, 0.7)}
    assert len(corners) == 4
    assert there.colour(47) == pytest.approx((40, 40, 200), abs=6)


async def test_without_any_picture_there_is_a_film(tmp_path: Path) -> None:
    film = await rehearsed(tmp_path, {}, image_start=BLUE, image_end=BLUE)
    assert film.video["size"] == (640, 360)


def test_a_first_frame_that_is_not_here_is_still_counted() -> None:
    asked = VideoRequest(prompt="A boat", image_start=RED, image_urls=[BLUE])
    assert plan(asked, {BLUE: Path("blue.png")}).numbered == (None, Path("blue.png"))
    assert plan(asked, {RED: Path("red.png")}).numbered == (Path("red.png"), None)


async def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing else")
    with pytest.raises(PictureError) as failure:
        await rehearsed(tmp_path, {RED: tmp_path / "red.png"}, image_start=RED)
    assert failure.value.code == "picture_damaged"


async def test_anything_else_is_no_fault_of_a_picture(tmp_path: Path, pictures: dict[str, Path]) -> None:
    with pytest.raises(RenderError):
        await rehearsed(tmp_path / "nowhere", pictures, image_start=RED)


@needs_processes
async def test_closed_early_it_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    rehearsals = Rehearsals(Shelf(tmp_path), rehearse, tmp_path / "rehearsals", SystemClock())
    request = VideoRequest(prompt="A boat", image_start=BLUE, duration=15)
    async with aclosing(rehearsals.play(request)) as playing:
        while (await anext(playing)).percent == 0:
            pass
        assert workers(os.getpid())
    assert not workers(os.getpid())
    assert list((tmp_path / "rehearsals").iterdir()) == []
