from typing import Any

import pytest
from pydantic import ValidationError

from client.elements import ElementRequest
from client.problems import problems

A, B = "https://cdn.example.org/a.png", "https://cdn.example.org/b.png"
FROM_PICTURES: dict[str, Any] = {
    "element_name": "Mia",
    "element_description": "A girl with a red scarf",
    "reference_type": "image_refer",
    "element_image_list": {"frontal_image": A, "refer_images": [{"image_url": B}]},
}
FROM_VIDEO: dict[str, Any] = {
    "element_name": "Mia",
    "element_description": "A girl with a red scarf",
    "reference_type": "video_refer",
    "element_video_list": {"refer_videos": [{"video_url": "https://cdn.example.org/v.mp4"}]},
    "element_voice_id": "voice_1",
}


@pytest.mark.parametrize("params", [FROM_PICTURES, FROM_VIDEO])
def test_what_is_sent(params: dict[str, Any]) -> None:
    body = {"model": "kling-custom-element", "model_params": params}
    assert ElementRequest.model_validate(body).body() == body


def test_pictures_of_ours_get_their_addresses() -> None:
    views = {"frontal_image": "upload:a.png", "refer_images": [{"image_url": B}, {"image_url": "upload:c.png"}]}
    named_like_one = {"element_name": "upload:a.png", "element_description": "upload:c.png"}
    asked = ElementRequest.model_validate(
        {"model_params": {**FROM_PICTURES, **named_like_one, "element_image_list": views}}
    )
    assert list(asked.pictures()) == ["upload:a.png", B, "upload:c.png"]
    assert asked.uploads() == ["a.png", "c.png"]
    body = asked.body({"a.png": A, "c.png": B})
    assert body["model_params"]["element_image_list"] == {
        "frontal_image": A,
        "refer_images": [{"image_url": B}, {"image_url": B}],
    }
    assert (body["model_params"]["element_name"], body["model_params"]["element_description"]) == (
        "upload:a.png",
        "upload:c.png",
    )
    with pytest.raises(KeyError):
        asked.body({"a.png": A})


def test_an_element_made_from_a_video_has_no_pictures() -> None:
    assert ElementRequest.model_validate({"model_params": FROM_VIDEO}).uploads() == []


def pictures(count: int) -> dict[str, Any]:
    return {"frontal_image": A, "refer_images": [{"image_url": B}] * count}


@pytest.mark.parametrize(
    "change",
    [
        {"element_name": "x" * 20},
        {"element_description": "x" * 100},
        {"element_image_list": pictures(3)},
    ],
)
def test_inside_the_limits(change: dict[str, Any]) -> None:
    assert ElementRequest.model_validate({"model_params": {**FROM_PICTURES, **change}})


@pytest.mark.parametrize(
    ("base", "change", "field", "rule"),
    [
        (FROM_PICTURES, {"element_name": ""}, "element_name", "string_too_short"),
        (FROM_PICTURES, {"element_name": "x" * 21}, "element_name", "string_too_long"),
        (FROM_PICTURES, {"element_description": "x" * 101}, "element_description", "string_too_long"),
        (FROM_PICTURES, {"element_image_list": None}, "element_image_list", "element_pictures_missing"),
        (FROM_PICTURES, {"element_image_list": pictures(0)}, "refer_images", "too_short"),
        (FROM_PICTURES, {"element_image_list": pictures(4)}, "refer_images", "too_long"),
        (FROM_PICTURES, {"element_image_list": {"refer_images": [{"image_url": B}]}}, "frontal_image", "missing"),
        (FROM_PICTURES, {"element_voice_id": "voice_1"}, "element_voice_id", "element_voice"),
        (FROM_PICTURES, {"reference_type": "audio"}, "reference_type", "literal_error"),
        (FROM_VIDEO, {"element_video_list": None}, "element_video_list", "element_video_missing"),
        (FROM_VIDEO, {"element_video_list": {"refer_videos": []}}, "refer_videos", "too_short"),
        (
            FROM_VIDEO,
            {"element_video_list": {"refer_videos": [{"video_url": A}] * 2}},
            "refer_videos",
            "too_long",
        ),
    ],
)
def test_outside_the_limits(base: dict[str, Any], change: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(ValidationError) as raised:
        ElementRequest.model_validate({"model_params": {**base, **change}})
    [problem] = problems(raised.value)
    assert (problem.field[-1], problem.rule) == (field, rule)
