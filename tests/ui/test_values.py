from typing import Any

import pytest
from pydantic import ValidationError

from client.problems import Problem, problems
from client.schema import VideoRequest
from ui.fields import inputs
from ui.values import beside, form_values, request_values

UNTOUCHED: dict[str, Any] = {item.name: item.default for item in inputs()}
CHOSEN = {"image_start": "upload:a.jpg", "prompt": " The boat drifts "}


def request(**values: Any) -> VideoRequest:
    return VideoRequest.model_validate(request_values(UNTOUCHED | CHOSEN | values, inputs()))


def shots(*texts_and_seconds: tuple[str, str]) -> dict[str, Any]:
    rows = [{"prompt": text, "duration": seconds} for text, seconds in texts_and_seconds]
    return {"model_params__multi_shot": True, "model_params__multi_prompt": rows}


def test_what_was_left_alone_is_left_out() -> None:
    assert request().body({"a.jpg": "https://x"}) == {
        "model": "kling-o3-image-to-video",
        "image_start": "https://x",
        "prompt": "The boat drifts",
        "duration": 5,
        "quality": "720p",
        "sound": "off",
    }


def test_each_choice_arrives() -> None:
    made = request(duration=7, aspect_ratio="1:1", quality="4k", sound="on", callback_url="https://hooks.example.org/x")
    assert (made.duration, made.aspect_ratio, made.quality, made.sound) == (7, "1:1", "4k", "on")
    assert made.callback_url == "https://hooks.example.org/x"


def test_shots_are_numbered_in_their_order() -> None:
    params = request(**shots(("one", "2"), ("two", "3"))).model_params
    assert params
    assert [(shot.index, shot.prompt, shot.seconds) for shot in params.multi_prompt] == [(1, "one", 2), (2, "two", 3)]
    assert params.shot_type == "customize"


def test_a_storyboard_rests_the_single_prompt_and_the_other_way_round() -> None:
    assert request(**shots((" one ", "5"))).prompt == ""
    assert request(**(shots(("one", "5")) | {"model_params__multi_shot": False})).model_params is None


def test_elements_and_watermark() -> None:
    params = request(
        model_params__element_list=["83001", " 83002 ", ""], model_params__watermark_info__enabled=False
    ).model_params
    assert params
    assert [element.element_id for element in params.element_list] == ["83001", "83002"]
    assert params.watermark_info
    assert params.watermark_info.enabled is False


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x" * 2501}, "prompt"),
        ({"image_start": None}, "image_start"),
        ({"image_start": None, "image_end": "upload:b.jpg"}, "image_end"),
        ({"image_end": "upload:b.jpg", "image_urls": ["upload:c.jpg"]}, "image_urls"),
        (shots(("one", "2")), "model_params__multi_prompt"),
        (shots(("one", "5"), ("two", "0")), "model_params__multi_prompt"),
        (shots((" ", "1"), ("two", "4")), "model_params__multi_prompt"),
        (shots(("x" * 513, "5")), "model_params__multi_prompt"),
        (shots(), "model_params__multi_prompt"),
        ({"model_params__element_list": ["1", "2", "3", "4"]}, "model_params__element_list"),
        ({"callback_url": "http://hooks.example.org"}, "callback_url"),
    ],
)
def test_each_problem_stands_beside_its_input(values: dict[str, Any], name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        request(**values)
    assert beside(problems(refused.value)[0], inputs()) == name


def test_a_problem_without_a_place_has_none() -> None:
    assert beside(Problem((), "rule", "Sentence.", {}), inputs()) is None


def test_a_request_comes_back_as_the_form_held_it() -> None:
    held = UNTOUCHED | {
        "image_start": "upload:a.jpg",
        "image_urls": ["upload:b.png"],
        "duration": 7,
        "aspect_ratio": "9:16",
        "sound": "on",
        "callback_url": "https://hooks.example.org/x",
        "model_params__element_list": ["83001"],
        "model_params__watermark_info__enabled": False,
        **shots(("one", "3"), ("two", "4")),
    }
    asked = VideoRequest.model_validate(request_values(held, inputs()))
    assert form_values(asked, inputs()) == held


def test_what_a_request_leaves_open_is_as_it_was_drawn() -> None:
    assert form_values(VideoRequest(prompt="Rain", image_start="upload:a.jpg"), inputs()) == UNTOUCHED | {
        "image_start": "upload:a.jpg",
        "prompt": "Rain",
    }
