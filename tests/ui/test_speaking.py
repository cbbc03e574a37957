from html import unescape
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio.blocks import BlockFunction

from jobs.desk import Desk
from ui.languages import NAMES, language
from ui.page import blocks
from ui.sending import Service

SERVICE = Service("https://api.evolink.ai", "https://files-api.evolink.ai")


@pytest.fixture
async def page(desk: Desk) -> gr.Blocks:
    return blocks(desk, SERVICE, sandbox=True, public_url=None)


def event(page: gr.Blocks, name: str) -> BlockFunction:
    return next(found for found in page.fns.values() if found.name == name)


def named(said: dict[Any, Any]) -> dict[str, Any]:
    return {getattr(part, "storage_key", "") or part.elem_id or str(part._id): value for part, value in said.items()}


def greeted(page: gr.Blocks, *, accepted: str = "", known: str = "", chosen: str = "") -> dict[str, Any]:
    request = SimpleNamespace(headers={"accept-language": accepted} if accepted else {})
    greet = event(page, "greet").fn
    assert greet
    return named(greet(known, chosen, request))


def code(said: dict[str, Any]) -> str:
    """The language that the page's script is told of."""
    return str(said["spoken"]).partition("data-language='")[2][:2]


@pytest.mark.parametrize(
    ("accepted", "chosen", "spoken"),
    [
        ("", "", "en"),
        ("en-US,en;q=0.9", "", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "", "de"),
        ("pt-BR,fr;q=0.5", "", "fr"),
        ("de", "ja", "ja"),
        ("de", "en", "en"),
        ("", "zh", "zh"),
        ("de", "xx", "en"),
    ],
)
async def test_the_browsers_language_is_spoken_until_another_was_chosen(
    page: gr.Blocks, accepted: str, chosen: str, spoken: str
) -> None:
    said = greeted(page, accepted=accepted, chosen=chosen)
    assert code(said) == spoken
    if spoken != "en":
        assert said["language"]["value"] == spoken
        assert unescape(language(spoken).say("page.tagline")) in unescape(said["brand"])


async def test_a_person_stays_who_they_are_and_each_form_is_new(page: gr.Blocks) -> None:
    stranger, friend = greeted(page), greeted(page, known="me")
    assert len(stranger["firstframe-owner"]) >= 32
    assert friend["firstframe-owner"] == "me"
    nonces = [value for said in (stranger, friend) for name, value in said.items() if name.isdigit()]
    assert len(nonces) == len(set(nonces)) == 6


@pytest.mark.parametrize("accepted", ["en", "es"])
async def test_the_buttons_wake_with_the_greeting(page: gr.Blocks, accepted: str) -> None:
    said = greeted(page, accepted=accepted)
    for button in ("go", "rehearse", "make-element"):
        assert said[button]["interactive"] is True


@pytest.mark.parametrize("code", NAMES)
async def test_another_language_is_remembered_and_says_all_anew(page: gr.Blocks, code: str) -> None:
    choose = event(page, "choose")
    assert choose.fn
    said = choose.fn(code)
    assert set(said) == set(choose.outputs)
    words = named(said)
    assert words["firstframe-language"] == code
    assert words["language"]["value"] == code
    assert words["sample"]["value"] == language(code).say("form.sample")
    assert words["sandbox"] == f"<p>{language(code).say('page.sandbox')}</p>"


@pytest.mark.parametrize("accepted", NAMES)
async def test_the_greeting_says_nothing_to_a_part_that_does_not_listen(page: gr.Blocks, accepted: str) -> None:
    request = SimpleNamespace(headers={"accept-language": accepted})
    greet = event(page, "greet")
    assert greet.fn
    assert set(greet.fn("", "", request)) <= set(greet.outputs)


async def test_with_a_key_there_is_no_word_of_the_sandbox(desk: Desk) -> None:
    live = blocks(desk, SERVICE, sandbox=False, public_url=None)
    assert "sandbox" not in greeted(live, accepted="de")
    assert all(getattr(part, "elem_id", None) != "sandbox" for part in live.blocks.values())
