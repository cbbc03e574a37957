"""Several pictures at once: one receipt, a job each, and no second one for what was written down."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from jobs.desk import Desk
from jobs.not_now import NotNow
from tests.ui.filled import complaints, file, form, gallery
from ui.batch import NAME, count, derived, standing
from ui.create import Create
from ui.languages import language
from ui.sending import Service

SERVICE = Service("https://api.evolink.ai", "https://files-api.evolink.ai")
Values = Callable[..., dict[str, Any]]


@pytest.fixture
async def create(desk: Desk) -> Create:
    with gr.Blocks(analytics_enabled=False):
        create = Create(desk, gr.Textbox(), gr.Textbox(), SERVICE, sandbox=False)
        create.draw()
        create.wire()
    return create


@pytest.fixture
def values(tmp_path: Path) -> Values:
    def filled(*names: str, **changes: Any) -> dict[str, Any]:
        """A form with a batch. The name of a picture is its colour, and its kind where that is not PNG."""
        pictures = []
        for name in names:
            colour, _, ending = name.partition(".")
            path = tmp_path / f"{colour}.{ending or 'png'}"
            side = 60 if colour == "black" else 400
            Image.new("RGB", (side, side), colour).save(path)
            pictures.append(file(path, path.name, f"/file/{name}"))
        return form(prompt="Rain", duration=3, **changes) | {NAME: gallery(*pictures)}

    return filled


async def sent(create: Create, values: dict[str, Any], nonce: str = "n") -> tuple[Any, ...]:
    """The last thing the page is told."""
    return [step async for step in create.batch.start("ann", nonce, "en", **values)][-1]


async def test_a_form_without_a_batch_is_asked_nothing(create: Create, values: Values) -> None:
    assert all(isinstance(said, dict) for said in await create.batch.ask("en", **values()))
    assert standing(values()) == values()


async def test_a_press_with_a_batch_orders_nothing_by_itself(create: Create, desk: Desk, values: Values) -> None:
    steps = [step async for step in create.start("ann", "n", "en", **values("red", "blue"))]
    assert [step[0] for step in steps] == [""]
    assert await desk.recent("ann") == []


async def test_the_receipt_tells_the_number_the_total_and_what_is_done_to_each(create: Create, values: Values) -> None:
    asked, said = await create.batch.ask("en", **values("red", "blue.webp", "black"))
    assert complaints(said) == {}
    assert "2 videos from these pictures?" in asked
    assert "Create 2 videos · about 32.4 credits" in asked
    assert "2 videos, 16.2 credits each: about 32.4 credits" in asked
    assert "red.png: as it is" in asked
    assert "blue.webp: converted" in asked
    assert re.search("black.png: will not be sent.*60 × 60", asked)


async def test_a_picture_that_is_gone_meanwhile_is_left_out(create: Create, values: Values, tmp_path: Path) -> None:
    batch = values("red", "blue")
    (tmp_path / "red.png").unlink()
    asked, _ = await create.batch.ask("en", **batch)
    assert "red.png: will not be sent. The picture is no longer on this computer." in asked
    assert "1 video from this picture?" in asked


async def test_a_receipt_for_one_and_for_none(create: Create, values: Values) -> None:
    one, _ = await create.batch.ask("en", **values("red"))
    assert "1 video from this picture?" in one
    none, _ = await create.batch.ask("en", **values("black"))
    assert "None of these pictures can be sent" in none
    assert "data-send" not in none


async def test_what_is_wrong_with_the_form_is_said_before_any_receipt(create: Create, values: Values) -> None:
    asked, said = await create.batch.ask("en", **values("red") | {"prompt": ""})
    assert asked == ""
    assert set(complaints(said)) == {"prompt"}


async def test_each_picture_becomes_a_job_and_is_sent_once(create: Create, desk: Desk, values: Values) -> None:
    batch = values("red", "blue.webp", "black")
    told, rest, tickets, first, nonce = await sent(create, batch)
    assert "2 videos are on their way." in told
    assert rest == []
    assert nonce not in ("", "n")
    jobs = await desk.recent("ann")
    assert set(tickets.split()) == {job.id for job in jobs}
    assert first == tickets.split()[0] == jobs[-1].id
    assert len({job.request.image_start for job in jobs}) == 2  # type: ignore[union-attr]
    assert {job.credits_estimated for job in jobs} == {16.2}
    await sent(create, batch)
    assert len(await desk.recent("ann")) == 2
    await sent(create, batch, "another press")
    assert len(await desk.recent("ann")) == 4


async def test_the_same_picture_chosen_twice_becomes_two_videos(create: Create, desk: Desk, values: Values) -> None:
    await sent(create, values("red", "red"))
    assert len(await desk.recent("ann")) == 2


async def test_what_was_not_sent_is_told_and_can_be_sent_alone(
    create: Create, desk: Desk, values: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, start, refusals = values("red", "green", "blue"), desk.start, [None, NotNow("No."), OSError()]

    async def fails(*asked: Any, **more: Any) -> Any:
        refusal = refusals.pop(0)
        if refusal:
            raise refusal
        return await start(*asked, **more)

    monkeypatch.setattr(desk, "start", fails)
    monkeypatch.setattr(NotNow, "code", "no_room", raising=False)
    told, rest, _, _, nonce = await sent(create, batch)
    assert "1 of 3 started, 2 were not sent and cost nothing." in told
    assert "Send the 2" in told
    assert "could not be written down" in told
    assert [Path(path).stem for path in rest] == ["green", "blue"]
    assert nonce == "n", "the rest belongs to the same press"
    monkeypatch.setattr(desk, "start", start)
    told, *_ = await sent(create, values("green", "blue"), nonce)
    assert "2 videos are on their way." in told
    assert len(await desk.recent("ann")) == 3


async def test_an_order_of_nobody_is_refused(create: Create, values: Values) -> None:
    for owner, nonce in (("", "n"), ("ann", "")):
        with pytest.raises(gr.Error):
            await anext(create.batch.start(owner, nonce, "en", **values("red")))


async def test_the_form_tells_the_number_and_the_total_and_rests_the_first_frame(
    create: Create, values: Values
) -> None:
    bar, button, *_ = await create.looking.look("ann", "en", **values("red", "blue", "green"))
    assert button["value"] == "Create 3 videos · about 48.6 credits"
    assert "3 videos, 16.2 credits each" in bar
    assert "The first frame rests" in bar
    assert "Still missing" not in bar
    assert count(values("red", "blue")) == 2


def test_every_job_of_a_batch_has_a_nonce_of_its_own() -> None:
    asked = [("n", "upload:a.jpg", 1), ("n", "upload:b.jpg", 1), ("n", "upload:a.jpg", 2), ("m", "upload:a.jpg", 1)]
    assert len({derived(*one) for one in asked}) == 4
    assert derived(*asked[0]) == derived(*asked[0])


@pytest.mark.parametrize("code", ["en", "ja"])
async def test_all_of_it_speaks(create: Create, code: str) -> None:
    assert create.batch.speak(language(code))[create.batch.panel]["label"] == language(code).say("batch.open")
