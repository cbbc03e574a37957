from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from client.schema import MAX_ELEMENTS_WITH_FIRST_FRAME, VideoRequest
from jobs.desk import Desk
from jobs.found import found_job
from jobs.job import Kind
from jobs.ride import Means
from jobs.states import State
from tests.jobs.fakes import MP4, NAME, element_request, job, request
from tests.jobs.test_frames import clip
from ui.fields import inputs
from ui.form import Form
from ui.languages import language
from ui.refilling import Refilling
from ui.values import form_values, request_values

PICTURES = st.sampled_from([f"upload:{NAME}", "upload:b.png", "https://pictures.example.org/a.png"])
WORDS = st.text(st.characters(codec="utf-8"), min_size=1).map(str.strip).filter(bool)


@st.composite
def requests(draw: st.DrawFn) -> VideoRequest:
    """Any valid request that a form can hold: texts without blanks around them, one prompt or a storyboard."""
    first = draw(st.none() | PICTURES)
    elements = draw(st.lists(st.from_regex(r"\A[a-zA-Z0-9_-]{1,64}\Z"), max_size=MAX_ELEMENTS_WITH_FIRST_FRAME))
    last = draw(st.none() | PICTURES) if first else None
    references = [] if last else draw(st.lists(PICTURES, max_size=3, min_size=0 if first or elements else 1))
    duration = draw(st.integers(3, 15))
    asked: dict[str, Any] = {
        "image_start": first,
        "image_end": last,
        "image_urls": references,
        "duration": duration,
        "aspect_ratio": draw(st.sampled_from([None, "16:9", "9:16", "1:1"])),
        "quality": draw(st.sampled_from(["720p", "1080p", "4k"])),
        "sound": draw(st.sampled_from(["off", "on"])),
        "callback_url": draw(st.sampled_from([None, "https://hooks.example.org/cb?job=1"])),
    }
    params: dict[str, Any] = {"element_list": [{"element_id": one} for one in elements]}
    mark = draw(st.none() | st.booleans())
    params |= {} if mark is None else {"watermark_info": {"enabled": mark}}
    if draw(st.booleans()):
        count = draw(st.integers(1, min(6, duration)))
        cuts = sorted(draw(st.sets(st.integers(1, duration - 1), min_size=count - 1, max_size=count - 1)))
        lengths = [end - start for start, end in zip([0, *cuts], [*cuts, duration], strict=True)]
        shots = [
            {"index": place, "prompt": draw(WORDS)[:512].strip(), "duration": str(length)}
            for place, length in enumerate(lengths, 1)
        ]
        params |= {"multi_shot": True, "shot_type": "customize", "multi_prompt": shots}
    else:
        asked["prompt"] = draw(WORDS)[:2500].strip()
    if mark is not None or elements or "multi_shot" in params:
        asked["model_params"] = params
    return VideoRequest.model_validate(asked)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(requests())
def test_a_request_that_fills_the_form_comes_out_of_it_the_same(asked: VideoRequest) -> None:
    held = form_values(asked, inputs())
    assert set(held) == {item.name for item in inputs()}
    assert VideoRequest.model_validate(request_values(held, inputs())) == asked


@pytest.fixture
def refilling(desk: Desk) -> Refilling:
    form = Form(inputs(), language("en"))
    form.draw(inputs())
    return Refilling(desk, form)


@pytest.fixture
async def picture(desk: Desk, tmp_path: Path) -> str:
    chosen = tmp_path / "chosen.png"
    Image.new("RGB", (400, 300), "red").save(chosen)
    return await desk.keep(chosen)


def named(refilling: Refilling, values: list[Any]) -> dict[str, Any]:
    return dict(zip(refilling.form.parts, values, strict=True))


def untouched(values: list[Any]) -> bool:
    return all(isinstance(value, dict) and set(value) == {"__type__"} for value in values)


async def again(refilling: Refilling, job_id: str, owner: str = "ann") -> list[Any]:
    return await refilling.again(owner, gr.EventData(None, {"job": job_id}))


async def test_another_like_this_holds_all_of_it(refilling: Refilling, desk: Desk, picture: str) -> None:
    asked = request(image_start=picture, image_urls=[picture], duration=7, prompt="Rain")
    job = await desk.start(asked, owner="ann", nonce="n")
    found = named(refilling, await again(refilling, job.id))
    assert (found["prompt"], found["duration"], found["aspect_ratio"]) == ("Rain", 7, "")
    lent = Path(found["image_start"])
    assert lent.is_relative_to(refilling.form.parts["image_start"].GRADIO_CACHE)
    with Image.open(lent) as shown:
        assert shown.size == (400, 300)
    assert found["image_urls"] == [str(lent)]


async def test_a_clip_that_was_found_leaves_the_words_to_the_person(refilling: Refilling, means: Means) -> None:
    found = await means.store.add(found_job(Kind.VIDEO, owner="ann", nonce="task:1", now=1000.0, seconds=7))
    filled = named(refilling, await again(refilling, found.id))
    assert (filled["prompt"], filled["duration"]) == ("", 7)


async def test_a_picture_that_is_gone_leaves_its_place_empty(refilling: Refilling, desk: Desk, picture: str) -> None:
    gone = f"upload:{'f' * 64}.jpg"
    asked = request(image_start=gone, image_urls=[gone, picture])
    job = await desk.start(asked, owner="ann", nonce="n")
    found = named(refilling, await again(refilling, job.id))
    assert found["image_start"] is None
    assert len(found["image_urls"]) == 1


async def test_pictures_of_a_pasted_request_that_are_not_here_leave_those_of_the_form(refilling: Refilling) -> None:
    values = await refilling.filled(request(image_start="upload:boat.jpg"), leave_unknown_pictures=True)
    assert untouched([named(refilling, values)["image_start"]])


async def test_a_job_of_somebody_else_fills_nothing(refilling: Refilling, desk: Desk, picture: str) -> None:
    job = await desk.start(request(image_start=picture), owner="ann", nonce="n")
    for owner, job_id in (("bob", job.id), ("", job.id), ("ann", "unknown"), ("ann", "")):
        assert untouched(await again(refilling, job_id, owner))


async def test_an_element_fills_nothing(refilling: Refilling, desk: Desk) -> None:
    job = await desk.start(element_request(), owner="ann", nonce="n")
    assert untouched(await again(refilling, job.id))


async def go_on(refilling: Refilling, job_id: str, owner: str = "ann") -> list[Any]:
    return await refilling.go_on(owner, gr.EventData(None, {"job": job_id}))


async def test_a_form_that_goes_on_begins_with_the_last_frame_and_waits_for_words(
    refilling: Refilling, means: Means
) -> None:
    asked = request(duration=7, sound="on", prompt="Rain", image_end=f"upload:{NAME}", aspect_ratio="9:16")
    made = await means.store.add(job(state=State.DONE, request=asked))
    clip(means.shelf.video_path(made.id), 0.5)
    found = named(refilling, await go_on(refilling, made.id))
    assert (found["prompt"], found["duration"], found["sound"]) == ("", 7, "on")
    assert (found["image_end"], found["aspect_ratio"]) == (None, "")
    with Image.open(found["image_start"]) as first:
        assert min(low for low, _ in first.getextrema()) > 240


async def test_a_video_that_cannot_be_read_or_is_not_theirs_fills_nothing(refilling: Refilling, means: Means) -> None:
    made = await means.store.add(job(state=State.DONE))
    assert untouched(await go_on(refilling, made.id))
    means.shelf.video_path(made.id).write_bytes(MP4)
    assert untouched(await go_on(refilling, made.id))
    assert untouched(await go_on(refilling, made.id, "bob"))
