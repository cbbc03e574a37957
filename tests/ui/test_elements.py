import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import escape, unescape
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from client.elements import ElementRequest
from jobs.desk import Desk
from jobs.engine import LocalEngine
from jobs.job import Job
from jobs.ride import Means
from jobs.states import State
from tests.jobs.fakes import Service, element, element_request, job, purse, rehearsals
from tests.ui.filled import complaints, file, gallery
from ui.complaints import Complaints
from ui.elements import ASKED, Elements, cards
from ui.languages import NAMES, language

ENGLISH = language("en")
HOSTILE = "<b x='y'>\"&"
NAMED = [f"model_params__{name}" for name in ("element_name", "element_description")]
FRONT, VIEWS = "model_params__element_image_list__frontal_image", "model_params__element_image_list__refer_images"


@pytest.fixture
async def elements(desk: Desk) -> Elements:
    return drawn(desk)


def drawn(desk: Desk) -> Elements:
    with gr.Blocks(analytics_enabled=False):
        elements = Elements(desk, gr.Dropdown(), sandbox=True)
        elements.draw(ENGLISH)
        told = Complaints()
        told.draw()
        elements.wire(gr.Textbox(), gr.Textbox(), told)
    return elements


@pytest.fixture
def filled(tmp_path: Path) -> dict[str, Any]:
    """What the panel holds when all is well."""
    for name in ("front", "side"):
        Image.new("RGB", (400, 400), "teal" if name == "front" else "navy").save(tmp_path / f"{name}.png")
    return {
        **dict(zip(NAMED, ("Mia", "A girl in red"), strict=True)),
        FRONT: file(tmp_path / "front.png"),
        VIEWS: gallery(file(tmp_path / "side.png")),
    }


def mia(state: State = State.DONE, name: str = "Mia", **more: Any) -> Job:
    asked = element_request()
    params = asked.model_params.model_copy(update={"element_name": name})
    made = {"element_id": "8300-1"} if state is State.DONE else {}
    return job(request=asked.model_copy(update={"model_params": params}), state=state, **made | more)


def shown(*jobs: Job, code: str = "en", sandbox: bool = True) -> str:
    return cards(list(jobs), language(code), sandbox=sandbox)


def pressed(**said: str) -> gr.EventData:
    return gr.EventData(None, said)


async def test_the_panel_asks_for_what_it_says(elements: Elements) -> None:
    assert {item.path[-1] for item in elements.inputs} == set(ASKED)


def test_a_card_for_one_that_is_ready_offers_it() -> None:
    card = shown(mia())
    assert "class='element done'" in card
    assert "Ready, id 8300-1" in card
    assert "data-use='8300-1'" in card
    assert "aria-label='Forget the element Mia'" in card


def test_a_card_for_one_in_the_making_offers_nothing() -> None:
    card = shown(mia(State.SUBMITTED))
    assert "class='element open'" in card
    assert "Being made" in card
    assert "<button" not in card


@pytest.mark.parametrize("sandbox", [True, False])
def test_a_card_for_one_that_came_to_nothing_says_why_and_what_it_cost(sandbox: bool) -> None:
    card = shown(mia(State.FAILED), sandbox=sandbox)
    assert "class='element resting'" in card
    assert ENGLISH.of("what", "state_failed") in unescape(card)
    assert ENGLISH.say("money.sandbox" if sandbox else "money.not_charged") in unescape(card)
    assert "data-use" not in card
    assert "data-forget" in card


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("code", NAMES)
def test_names_and_ids_are_no_markup(state: State, code: str) -> None:
    hostile = mia(state, HOSTILE, id=HOSTILE, token=HOSTILE, element_id=HOSTILE if state is State.DONE else None)
    card = shown(hostile, code=code)
    assert HOSTILE not in card
    assert "<b" not in card.replace("<button", "")
    assert f"<h2>{escape(HOSTILE)}</h2>" in card


async def test_a_double_click_is_one_element(elements: Elements, desk: Desk, filled: dict[str, Any]) -> None:
    presses = [await elements.start("ann", "n", "en", **filled) for _ in range(2)]
    (made,) = await desk.elements("ann")
    assert [ticket for ticket, *_ in presses] == [made.id] * 2
    assert all(nonce not in ("", "n") for _, nonce, *_ in presses)
    assert all(emptied == ["", "", None, []] for _, _, _, *emptied in presses)
    assert isinstance(made.request, ElementRequest)
    assert made.request.model_params.element_name == "Mia"
    assert made.credits_estimated == 1.0
    ticket, *_ = await elements.start("ann", presses[0][1], "en", **filled)
    assert ticket != made.id


async def test_an_element_of_nobody_is_not_made(elements: Elements, desk: Desk, filled: dict[str, Any]) -> None:
    for owner, nonce in (("", "n"), ("ann", "")):
        with pytest.raises(gr.Error, match="not ready"):
            await elements.start(owner, nonce, "en", **filled)
    assert await desk.elements("ann") == []


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, set()),
        ({NAMED[0]: ""}, {NAMED[0]}),
        ({NAMED[0]: "x" * 21, NAMED[1]: "x" * 101}, set(NAMED)),
        ({FRONT: None}, {FRONT}),
        ({VIEWS: None}, {VIEWS}),
        ({FRONT: None, VIEWS: None}, {FRONT}),
    ],
)
async def test_what_is_missing_is_said_beside_its_input(
    elements: Elements, desk: Desk, filled: dict[str, Any], changes: dict[str, Any], wrong: set[str]
) -> None:
    values = filled | changes
    ticket, _, said, *_ = await elements.start("ann", "n", "en", **values)
    assert set(complaints(said)) == wrong
    assert len(await desk.elements("ann")) == bool(ticket) == (not wrong)


async def test_a_picture_that_cannot_be_helped_is_said_without_markup(
    elements: Elements, filled: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "notes.png").write_text("Buy milk.")
    _, _, said, *_ = await elements.start("ann", "n", "en", **filled | {FRONT: file(tmp_path / "notes.png")})
    assert complaints(said)[FRONT].startswith("This is a text file")


@pytest.fixture
async def at_work(means: Means) -> AsyncIterator[Desk]:
    """A desk behind which somebody works."""
    assert isinstance(means.service, Service)
    means.service.task_answers = [element("8300-7")]
    engine = LocalEngine(means)
    await engine.start()
    yield Desk(means, engine, rehearsals(means), purse(means))
    await engine.stop()


async def test_one_that_is_made_is_offered_to_the_form(at_work: Desk, filled: dict[str, Any]) -> None:
    elements = drawn(at_work)
    ticket, *_ = await elements.start("ann", "n", "en", **filled)
    async with asyncio.timeout(30):
        seen = [each async for each in elements.watch("ann", "en", ticket)]
    assert "data-use='8300-7'" in seen[-1][0]
    assert seen[-1][1]["choices"] == [("Mia", "8300-7")]
    assert [each async for each in elements.watch("bob", "en", ticket)] == [(gr.skip(), gr.skip())]
    *_, (markup, _) = [each async for each in elements.newest("ann", "en")]
    assert markup == seen[-1][0]
    (thumbnail,) = re.findall("src='(.*?)'", markup)
    (made,) = await at_work.elements("ann")
    assert await elements.named("ann", ["8300-7", "typed"]) == [("Mia", thumbnail), ("typed", "")]
    assert await elements.named("bob", ["8300-7"]) == [("8300-7", "")]
    assert thumbnail == f"/p/{made.token}?picture"


async def test_what_is_picked_twice_is_there_once(elements: Elements) -> None:
    assert await elements.use(None, pressed(element="1")) == ["1"]
    assert await elements.use(["1", "2"], pressed(element="1")) == ["1", "2"]
    assert await elements.use(["1"], pressed(element="2")) == ["1", "2"]


async def test_only_its_owner_can_forget_an_element(
    elements: Elements, desk: Desk, means: Means, filled: dict[str, Any]
) -> None:
    ticket, *_ = await elements.start("ann", "n", "en", **filled)
    (made,) = await desk.elements("ann")
    await means.store.write(made, replace(made, state=State.REJECTED))
    assert await elements.forget("bob", "en", pressed(job=ticket)) == ("", gr.update(choices=[]))
    assert len(await desk.elements("ann")) == 1
    assert (await elements.forget("ann", "en", pressed(job=ticket)))[0] == ""
    assert await desk.elements("ann") == []


@pytest.mark.parametrize("code", NAMES)
async def test_the_panel_speaks_every_language(elements: Elements, code: str) -> None:
    said = elements.speak(language(code))
    assert said[elements.panel]["label"] == language(code).say("elements.panel")
    assert language(code).credits(1) in said[elements.make]["value"]
    for item in elements.inputs:
        assert said[elements.form.parts[item.name]]["label"] == language(code).title(item)
