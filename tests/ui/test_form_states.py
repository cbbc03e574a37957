"""Whatever a form holds is either refused beside an input or taken by the sandbox. There is no third way."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from client.order import UPLOAD
from client.problems import problems
from client.schema import VideoRequest
from tests.sandbox.house import House, Renderer, opening
from tests.sandbox.house import draw as picture
from ui.fields import Input, inputs
from ui.reckoning import SHOTS, STORYBOARD
from ui.values import beside, request_values

INPUTS = inputs()
NAMES = ("first.png", "second.png")
ADDRESSES = [
    "https://hooks.example.org/cb?job=1",
    "http://hooks.example.org",
    "https://127.0.0.1/",
    "https://",
    "nonsense",
]

references = st.sampled_from([f"{UPLOAD}{name}" for name in NAMES])
letters = st.text(st.characters(exclude_categories=()))
texts = st.sampled_from(["", " \n", "The boat drifts", "映画 🎬 <<<image_1>>>"]) | letters
seconds: st.SearchStrategy[Any] = st.sampled_from([*map(str, range(1, 16)), "0", "16", "", None, 3])


def long(limit: int) -> st.SearchStrategy[str]:
    """Texts about as long as they may be, and longer."""
    return st.builds(lambda letter, more: letter * (limit + more), st.sampled_from("x日🎬"), st.integers(-1, 1))


@st.composite
def cuts(draw: st.DrawFn, length: int) -> list[dict[str, Any]]:
    """Shots that last as long as the video."""
    ends = sorted(draw(st.sets(st.integers(1, length - 1), max_size=5)))
    lengths = [end - start for start, end in zip([0, *ends], [*ends, length], strict=True)]
    prompts = st.text(min_size=1) | long(512)
    return [{"prompt": draw(prompts), "duration": str(length)} for length in lengths]


def of(item: Input) -> st.SearchStrategy[Any]:
    """What an input may hold, fit to be sent or not."""
    match item.kind:
        case "picture":
            return st.none() | references
        case "pictures":
            return st.none() | st.lists(references, max_size=2) | st.lists(references, max_size=(item.most or 0) + 1)
        case "choice":
            return st.sampled_from([value for _, value in item.choices] + [item.default])
        case "flag":
            return st.booleans() | st.none()
        case "words":
            words = st.sampled_from(["830012345678", " 83001 ", "", "no id", "x" * 65])
            return st.none() | st.lists(words, max_size=2) | st.lists(words, max_size=(item.most or 0) + 1)
        case "shots":
            shots = st.lists(st.fixed_dictionaries({"prompt": texts | long(512), "duration": seconds}), max_size=7)
            return st.none() | shots
        case "text" if item.name == "callback_url":
            return st.just("") | st.sampled_from(ADDRESSES)
        case _:
            return texts | long(item.most or 0)


@st.composite
def states(draw: st.DrawFn) -> dict[str, Any]:
    """A form that was touched in a few places, or all over; its storyboard may well be in order."""
    touched = draw(st.sets(st.sampled_from([item.name for item in INPUTS])) | st.just({item.name for item in INPUTS}))
    values = {item.name: draw(of(item)) if item.name in touched else item.default for item in INPUTS}
    ready = {"image_start": f"{UPLOAD}{NAMES[0]}", "prompt": "The boat drifts"}
    values |= {name: value for name, value in ready.items() if name not in touched}
    if values[STORYBOARD] and draw(st.booleans()):
        values[SHOTS] = draw(cuts(values["duration"]))
    return values


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A sandbox as strict as it can be, whose renderer never gets on."""
    renderer = Renderer()
    renderer.hold()
    strict = {"pictures_required": True, "extra_fields": "refuse", "credits": 1e9}
    async with opening(tmp_path_factory.mktemp("forms"))(renderer=renderer, **strict) as opened:
        yield opened


async def test_any_form_is_refused_beside_an_input_or_taken_by_the_sandbox(house: House) -> None:
    uploaded = [await house.upload(picture(640, 480), fileName=name) for name in NAMES]
    addresses = {name: answer.json()["data"]["file_url"] for name, answer in zip(NAMES, uploaded, strict=True)}
    assert len(set(addresses.values())) == len(NAMES)
    names, outcomes = {item.name for item in INPUTS}, Counter[str]()

    def sent(service: httpx.Client, values: dict[str, Any]) -> str:
        try:
            request = VideoRequest.model_validate(request_values(values, INPUTS))
        except ValidationError as error:
            for problem in problems(error):
                assert beside(problem, INPUTS) in names, problem
                assert problem.sentence
            return "refused"
        answer = service.post("/v1/videos/generations", json=request.body(addresses))
        assert answer.status_code == 200, answer.text
        return "taken"

    def every_form() -> None:
        with httpx.Client(base_url=house.origin, headers=house.http.headers) as service:

            @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
            @given(states())
            def tried(values: dict[str, Any]) -> None:
                outcomes[sent(service, values)] += 1

            tried()

    await asyncio.to_thread(every_form)
    assert min(outcomes["taken"], outcomes["refused"]) >= 20, outcomes
