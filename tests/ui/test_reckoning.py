from decimal import Decimal
from typing import Any

import pytest

from client.prices import TABLE
from tests.ui.filled import file, form, gallery
from ui.fields import inputs
from ui.reckoning import ELEMENTS, SHOTS, STORYBOARD, Reckoning, reckon

BOAT = file("/tmp/gradio/1/boat.jpg", "boat.jpg", "/gradio_api/file=1")
PIER = file("/tmp/gradio/2/pier.png", "pier.png", "/gradio_api/file=2")
READY = {"image_start": BOAT, "prompt": "The boat drifts"}
PICTURE, PROMPT, SHOT = ("picture", "image_start"), ("prompt", "prompt"), ("shot", "storyboard")


def reckoned(**changes: Any) -> Reckoning:
    return reckon(form(**changes), inputs(), TABLE)


def story(*prompts: str, **changes: Any) -> dict[str, Any]:
    shots = [{"prompt": prompt, "duration": "1"} for prompt in prompts]
    return {STORYBOARD: True, SHOTS: shots, **changes}


@pytest.mark.parametrize(
    ("changes", "credits", "dollars"),
    [
        ({}, "27", "0.40"),
        ({"duration": 3}, "16.2", "0.24"),
        ({"duration": 15, "quality": "4k", "sound": "on"}, "405", "5.96"),
        ({"sound": "on"}, "36.018", "0.53"),
    ],
)
def test_the_price_follows_length_quality_and_sound(changes: dict[str, Any], credits: str, dollars: str) -> None:
    found = reckoned(**changes)
    assert (found.credits, found.dollars) == (Decimal(credits), Decimal(dollars))


def test_each_other_choice_knows_what_it_would_add_or_spare() -> None:
    found = reckoned().differences
    assert set(found) == {"duration", "quality", "sound"}
    assert (found["duration"][6], found["duration"][4]) == (Decimal("5.4"), Decimal("-5.4"))
    assert found["quality"]["4k"] == Decimal(108)
    assert "720p" not in found["quality"]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, [PICTURE, PROMPT]),
        ({"image_start": BOAT}, [PROMPT]),
        ({"image_start": BOAT, "prompt": " \n"}, [PROMPT]),
        ({"prompt": "x"}, [PICTURE]),
        ({"prompt": "x", "image_end": BOAT}, [PICTURE]),
        ({"prompt": "x", "image_urls": gallery(PIER)}, []),
        ({"prompt": "x", ELEMENTS: ["8300"]}, []),
        (READY, []),
        (READY | story(), [SHOT]),
        (READY | story("one", " "), [SHOT]),
        (READY | story("one", "two"), []),
        (READY | {"prompt": None} | story("one"), []),
        (READY | {"prompt": None, SHOTS: None}, [PROMPT]),
    ],
)
def test_what_is_missing_names_the_input_to_go_to(changes: dict[str, Any], missing: list[tuple[str, str]]) -> None:
    assert list(reckoned(**changes).missing) == missing


@pytest.mark.parametrize(
    ("changes", "closed"),
    [
        ({}, {"image_end": "needs_start"}),
        ({"image_start": BOAT}, {}),
        ({"image_urls": gallery(PIER)}, {"image_end": "by_references"}),
        ({"image_start": BOAT, "image_urls": gallery(PIER)}, {"image_end": "by_references"}),
        ({"image_start": BOAT, "image_end": PIER}, {"image_urls": "by_end"}),
        ({"image_end": PIER}, {"image_urls": "by_end"}),
        ({"image_end": PIER, "image_urls": gallery(BOAT)}, {}),
    ],
)
def test_an_input_waits_for_others_but_never_with_something_in_it(
    changes: dict[str, Any], closed: dict[str, str]
) -> None:
    assert reckoned(**changes).closed == closed


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        (READY, []),
        (READY | {"image_urls": gallery(PIER)}, ["reference_unmentioned"]),
        (READY | {"prompt": "To <<<image_2>>>", "image_urls": gallery(PIER)}, []),
        (READY | {"prompt": "To @image2", "image_urls": gallery(PIER)}, ["mention_misspelt"]),
        (READY | {"prompt": "To <<<element_1>>>"}, ["mention_without_picture"]),
        (READY | {ELEMENTS: ["1", "2", "3", "4"], "prompt": ""}, ["too_many_elements"]),
        (READY | {"prompt": "<<<image_9>>>"} | story("one", "two", "three", duration=3), []),
        (READY | {"prompt": "calm"} | story("<<<image_9>>>", "b", "c", duration=3), ["mention_without_picture"]),
        (READY | story("one", "two"), ["shots_sum"]),
        (READY | {"prompt": "x" * 2500}, []),
        (READY | {"prompt": "x" * 2501}, ["too_long"]),
        (READY | {ELEMENTS: ["", " "]}, []),
    ],
)
def test_loose_ends_are_those_of_the_texts_that_count(changes: dict[str, Any], rules: list[str]) -> None:
    assert [end.rule for end in reckoned(**changes).loose] == rules


def test_the_body_is_what_would_be_sent_with_the_names_of_the_files() -> None:
    odd = file("/tmp/gradio/3/x.png", "C:\\Ünïcode & <b>.png")
    found = reckoned(**READY, image_urls=gallery(PIER, odd, file("/tmp/gradio/4/plain.jpg")))
    assert found.body == {
        "model": "kling-o3-image-to-video",
        "image_start": "upload:boat.jpg",
        "prompt": "The boat drifts",
        "image_urls": ["upload:pier.png", found.body["image_urls"][1], "upload:plain.jpg"],
        "duration": 5,
        "quality": "720p",
        "sound": "off",
    }
    assert set(found.body["image_urls"][1].removeprefix("upload:")) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
    )


def test_a_storyboard_goes_without_the_single_prompt() -> None:
    body = reckoned(**READY | story("one", "two")).body
    assert "prompt" not in body
    assert body["model_params"]["shot_type"] == "customize"
    assert body["model_params"]["multi_prompt"] == [
        {"prompt": "one", "duration": "1", "index": 1},
        {"prompt": "two", "duration": "1", "index": 2},
    ]
    assert "model_params" not in reckoned(**READY | story("one") | {STORYBOARD: False}).body


def test_pictures_that_texts_can_mention_are_known_by_their_addresses() -> None:
    found = reckoned(image_start=BOAT, image_urls=gallery(PIER, file("/tmp/gradio/5/c.png")))
    assert (found.first, list(found.references)) == ("/gradio_api/file=1", ["/gradio_api/file=2", ""])
    assert (reckoned().first, list(reckoned().references)) == (None, [])
