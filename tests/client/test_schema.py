"""The documented contract, written by hand once more: what is taken, what is refused, and what goes over the wire."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from client.problems import Problem, problems
from client.schema import ModelParams, VideoRequest

A, B = "https://cdn.example.org/a.png", "https://cdn.example.org/b.png"
OK: dict[str, Any] = {"image_start": A, "prompt": "The boat drifts."}
SHOT = {"index": 1, "prompt": "She looks up.", "duration": "5"}
STORY: dict[str, Any] = {"multi_shot": True, "shot_type": "customize", "multi_prompt": [SHOT]}


def made(context: dict[str, Any] | None = None, **fields: Any) -> VideoRequest:
    return VideoRequest.model_validate({**OK, **fields}, context=context)


def refused(context: dict[str, Any] | None = None, **fields: Any) -> list[Problem]:
    with pytest.raises(ValidationError) as raised:
        VideoRequest.model_validate({**OK, **fields}, context=context)
    return problems(raised.value)


def elements(count: int) -> dict[str, Any]:
    return {"element_list": [{"element_id": f"83001234567{number}"} for number in range(count)]}


def test_the_first_documented_body() -> None:
    body = {
        "model": "kling-o3-image-to-video",
        "prompt": "The boat drifts slowly towards the pier",
        "image_start": "https://cdn.example.org/boat.png",
        "duration": 5,
        "quality": "720p",
        "sound": "off",
    }
    assert VideoRequest.model_validate(body, strict=True, context={"wire": True}).body() == body


def test_the_second_documented_body() -> None:
    body = {
        "model": "kling-o3-image-to-video",
        "image_start": "https://cdn.example.org/hero.png",
        "image_urls": ["https://cdn.example.org/market.png"],
        "duration": 9,
        "aspect_ratio": "16:9",
        "quality": "1080p",
        "sound": "on",
        "model_params": {
            "multi_shot": True,
            "shot_type": "customize",
            "multi_prompt": [
                {"index": 1, "prompt": "<<<image_1>>> looks up", "duration": "4"},
                {"index": 2, "prompt": "wide view of <<<image_2>>>", "duration": "5"},
            ],
            "element_list": [{"element_id": "830012345678"}],
            "watermark_info": {"enabled": False},
        },
    }
    request = VideoRequest.model_validate(body, strict=True, context={"wire": True})
    assert request.body() == body
    assert json.loads(json.dumps(request.body())) == body


GOOD: list[dict[str, Any]] = [
    {"prompt": "x" * 2500},
    {"prompt": "日" * 2500},
    {"duration": 3},
    {"duration": 15},
    {"aspect_ratio": "16:9"},
    {"aspect_ratio": "9:16"},
    {"aspect_ratio": "1:1"},
    {"aspect_ratio": None},
    {"quality": "720p"},
    {"quality": "1080p"},
    {"quality": "4k"},
    {"sound": "on"},
    {"image_end": B},
    {"image_urls": [B] * 6},
    {"image_start": None, "image_urls": [B] * 7},
    {"image_start": None, "model_params": elements(7)},
    {"image_start": None, "image_urls": [B] * 3, "model_params": elements(4)},
    {"model_params": elements(3)},
    {"image_urls": [B] * 3, "model_params": elements(3)},
    {"image_start": "https://cdn.example.org/" + "a" * 2024},
    {"image_start": "upload:shelf_1-a.png"},
    {"callback_url": "https://hooks.example.org/cb?job=1"},
    {"prompt": "", "model_params": STORY},
    {"duration": 6, "model_params": {**STORY, "multi_prompt": [{**SHOT, "duration": "1"}] * 6}},
    {"duration": 15, "model_params": {**STORY, "multi_prompt": [{**SHOT, "duration": "15"}]}},
    {"model_params": {**STORY, "multi_prompt": [{**SHOT, "prompt": "x" * 512, "index": 6}]}},
    {"image_urls": [B], "model_params": STORY},
    {"model_params": {"watermark_info": {"enabled": True}}},
]


@pytest.mark.parametrize("fields", GOOD, ids=lambda fields: json.dumps(fields)[:60])
def test_inside_the_limits(fields: dict[str, Any]) -> None:
    assert made(**fields)


BAD: list[tuple[dict[str, Any], tuple[str | int, ...], str]] = [
    ({"prompt": "x" * 2501}, ("prompt",), "string_too_long"),
    ({"prompt": ""}, ("prompt",), "prompt_missing"),
    ({"prompt": " \n"}, ("prompt",), "prompt_missing"),
    ({"model": "kling-v3"}, ("model",), "literal_error"),
    ({"duration": 2}, ("duration",), "greater_than_equal"),
    ({"duration": 16}, ("duration",), "less_than_equal"),
    ({"duration": 5.5}, ("duration",), "int_from_float"),
    ({"duration": "long"}, ("duration",), "int_parsing"),
    ({"duration": None}, ("duration",), "int_type"),
    ({"aspect_ratio": "4:3"}, ("aspect_ratio",), "literal_error"),
    ({"quality": "480p"}, ("quality",), "literal_error"),
    ({"sound": True}, ("sound",), "literal_error"),
    ({"image_start": None}, ("image_start",), "picture_missing"),
    ({"image_start": None, "image_end": B}, ("image_end",), "end_needs_start"),
    ({"image_end": B, "image_urls": [B]}, ("image_urls",), "end_excludes_references"),
    ({"image_urls": [B] * 7}, ("image_urls",), "too_many_pictures"),
    ({"image_start": None, "image_urls": [B] * 8}, ("image_urls",), "too_long"),
    ({"model_params": elements(4)}, ("model_params", "element_list"), "too_many_elements"),
    ({"image_start": None, "model_params": elements(8)}, ("model_params", "element_list"), "too_long"),
    ({"image_start": None, "image_urls": [B] * 4, "model_params": elements(4)}, ("image_urls",), "too_many_pictures"),
    ({"image_urls": [B] * 4, "model_params": elements(3)}, ("image_urls",), "too_many_pictures"),
    ({"image_start": "http://cdn.example.org/a.png"}, ("image_start",), "address_scheme"),
    ({"image_start": "https://10.0.0.1/a.png"}, ("image_start",), "address_private"),
    ({"image_start": "data:image/png;base64,AAAA"}, ("image_start",), "address_scheme"),
    ({"image_start": "upload:../../etc/passwd"}, ("image_start",), "address_scheme"),
    ({"image_start": "upload:"}, ("image_start",), "address_scheme"),
    ({"image_start": "https://cdn.example.org/" + "a" * 2025}, ("image_start",), "address_long"),
    ({"image_urls": [B, "ftp://x.org/"]}, ("image_urls", 1), "address_scheme"),
    ({"callback_url": "http://hooks.example.org/"}, ("callback_url",), "address_scheme"),
    ({"callback_url": "https://127.0.0.1/"}, ("callback_url",), "address_private"),
    ({"callback_url": "upload:a.png"}, ("callback_url",), "address_scheme"),
    ({"negative_prompt": "rain"}, ("negative_prompt",), "extra_forbidden"),
    ({"seed": 1}, ("seed",), "extra_forbidden"),
    ({"model_params": {"camera": "pan"}}, ("model_params", "camera"), "extra_forbidden"),
    ({"model_params": {"multi_shot": True}}, ("model_params", "shot_type"), "shot_type_missing"),
    ({"model_params": {**STORY, "shot_type": "intelligence"}}, ("model_params", "shot_type"), "literal_error"),
    ({"model_params": {**STORY, "multi_prompt": []}}, ("model_params", "multi_prompt"), "shots_missing"),
    ({"model_params": {**STORY, "multi_prompt": [SHOT] * 7}}, ("model_params", "multi_prompt"), "too_long"),
    ({"duration": 6, "model_params": STORY}, ("model_params", "multi_prompt"), "shots_sum"),
    (
        {"model_params": {**STORY, "multi_prompt": [{**SHOT, "prompt": "x" * 513}]}},
        ("model_params", "multi_prompt", 0, "prompt"),
        "string_too_long",
    ),
    (
        {"model_params": {**STORY, "multi_prompt": [{**SHOT, "prompt": ""}]}},
        ("model_params", "multi_prompt", 0, "prompt"),
        "string_too_short",
    ),
    (
        {"model_params": {**STORY, "multi_prompt": [{**SHOT, "index": 0}]}},
        ("model_params", "multi_prompt", 0, "index"),
        "greater_than_equal",
    ),
    (
        {"model_params": {**STORY, "multi_prompt": [{**SHOT, "index": 7}]}},
        ("model_params", "multi_prompt", 0, "index"),
        "less_than_equal",
    ),
    (
        {"model_params": {"element_list": [{}]}},
        ("model_params", "element_list", 0, "element_id"),
        "missing",
    ),
]
BAD += [
    (
        {"model_params": {**STORY, "multi_prompt": [{**SHOT, "duration": seconds}]}},
        ("model_params", "multi_prompt", 0, "duration"),
        rule,
    )
    for seconds, rule in [
        ("0", "string_pattern_mismatch"),
        ("16", "string_pattern_mismatch"),
        ("05", "string_pattern_mismatch"),
        ("5.5", "string_pattern_mismatch"),
        ("five", "string_pattern_mismatch"),
        ("5\n", "string_pattern_mismatch"),
        (5.5, "other"),
        (True, "other"),
    ]
]
BAD += [
    (
        {"model_params": {"element_list": [{"element_id": name}]}},
        ("model_params", "element_list", 0, "element_id"),
        rule,
    )
    for name, rule in [
        ("", "string_too_short"),
        ("x" * 65, "string_too_long"),
        ("a b", "string_pattern_mismatch"),
        (None, "other"),
    ]
]


@pytest.mark.parametrize(("fields", "field", "rule"), BAD, ids=lambda value: json.dumps(value)[:60])
def test_outside_the_limits(fields: dict[str, Any], field: tuple[str | int, ...], rule: str) -> None:
    [problem] = refused(**fields)
    assert (problem.field, problem.rule) == (field, rule)
    assert problem.sentence[0].isupper()
    assert problem.sentence.endswith(".")


def test_people_may_give_numbers_where_the_wire_has_strings() -> None:
    request = made(model_params={**STORY, "multi_prompt": [{**SHOT, "duration": 5}]})
    assert request.body()["model_params"]["multi_prompt"][0]["duration"] == "5"
    request = made(model_params={"element_list": [{"element_id": 830012345678}]})
    assert request.body()["model_params"]["element_list"] == [{"element_id": "830012345678"}]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"model_params": {**STORY, "multi_prompt": [{**SHOT, "duration": 5}]}}, "duration"),
        ({"model_params": {"element_list": [{"element_id": 830012345678}]}}, "element_id"),
        ({"duration": "5"}, "duration"),
        ({"duration": True}, "duration"),
        ({"model_params": {"multi_shot": "true"}}, "multi_shot"),
        ({"model_params": {"watermark_info": {"enabled": 1}}}, "enabled"),
        ({"image_start": "upload:a.png"}, "image_start"),
    ],
)
def test_on_the_wire_types_are_taken_to_the_letter(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as raised:
        VideoRequest.model_validate({**OK, **fields}, strict=True, context={"wire": True})
    assert problems(raised.value)[0].field[-1] == field


def test_an_origin_of_ones_own_is_good() -> None:
    own = {"own_origin": "http://127.0.0.1:7000"}
    assert made(own, image_start="http://127.0.0.1:7000/files/a.png")
    for other in ("http://127.0.0.1:7001/a.png", "http://127.0.0.1:7000@evil.org/", "http://10.0.0.1/a.png"):
        assert refused(own, image_start=other)[0].rule == "address_scheme"
    assert refused(own, callback_url="http://127.0.0.1:7000/cb")[0].rule == "address_scheme"


def test_pictures_can_be_made_optional() -> None:
    assert made({"pictures_optional": True}, image_start=None)


def test_a_storyboard_does_not_use_the_prompt_but_may_carry_it() -> None:
    assert "prompt" not in made(prompt="", model_params=STORY).body()
    assert made(model_params=STORY).body()["prompt"] == OK["prompt"]


def test_what_was_not_chosen_is_not_sent() -> None:
    expected = {"model": "kling-o3-image-to-video", **OK, "duration": 5, "quality": "720p", "sound": "off"}
    assert made().body() == expected
    assert made(model_params={}, image_urls=[], callback_url=None).body() == expected
    assert made(model_params=ModelParams(multi_shot=False)).body() == expected


def test_uploads_become_addresses() -> None:
    request = made(image_start="upload:a.png", image_end="upload:b.png")
    assert request.uploads() == ["a.png", "b.png"]
    body = request.body({"a.png": A, "b.png": B})
    assert (body["image_start"], body["image_end"]) == (A, B)
    with pytest.raises(KeyError):
        request.body({"a.png": A})
    request = made(image_urls=["upload:c.png", B])
    assert request.body({"c.png": A})["image_urls"] == [A, B]


def test_pictures_are_counted_as_the_prompt_counts_them() -> None:
    assert list(made(image_urls=[B, A]).pictures()) == [A, B, A]
    assert list(made(image_end=B).pictures()) == [A, B]


def test_a_request_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        made().prompt = "other"


def test_every_field_has_a_title_and_help() -> None:
    def check(schema: dict[str, Any]) -> None:
        for name, field in schema.get("properties", {}).items():
            assert field.get("title"), name
            assert field.get("description"), name

    schema = VideoRequest.model_json_schema()
    for part in (schema, *schema["$defs"].values()):
        check(part)


def test_several_problems_at_once_each_beside_its_field() -> None:
    found = refused(duration=99, quality="8k", prompt="x" * 3000)
    assert {problem.field for problem in found} == {("duration",), ("quality",), ("prompt",)}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"prompt": "x" * 2501}, "At most 2,500 characters; these are 2,501."),
        ({"prompt": ""}, "Say in a few words what should happen."),
        ({"duration": 2}, "At least 3."),
        ({"duration": 16}, "At most 15."),
        ({"duration": 5.5}, "A whole number is needed."),
        ({"quality": "8k"}, "Choose one of '720p', '1080p' or '4k'."),
        ({"image_urls": [B] * 8, "image_start": None}, "At most 7; these are 8."),
        ({"image_start": None}, "Choose a picture to begin with."),
        ({"image_start": None, "image_end": B}, "A last frame needs a first frame. Choose one."),
        ({"seed": 1}, "There is no such field."),
        ({"image_start": "http://x.org"}, "The address must begin with https://."),
        ({"duration": 9, "model_params": STORY}, "The shots last 5 seconds together, the video 9. Make them agree."),
    ],
)
def test_sentences(fields: dict[str, Any], sentence: str) -> None:
    assert refused(**fields)[0].sentence == sentence


def test_problems_do_not_hold_what_was_typed() -> None:
    secret = "sk-canary-0123456789"
    for fields in ({"quality": secret}, {"seed": secret}, {"image_start": secret}, {"duration": secret}):
        assert secret not in repr(refused(**fields))
