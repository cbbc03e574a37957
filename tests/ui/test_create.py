import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from client.errors import PictureError
from jobs.desk import Desk
from jobs.ride import Means
from jobs.states import State
from tests.ui.filled import complaints, file, form, note
from ui import looking
from ui.create import Create
from ui.fitting import PREFIX
from ui.languages import language
from ui.sending import Service

SERVICE = Service("https://api.evolink.ai", "https://files-api.evolink.ai")


class NoDesk:
    """Nobody may be asked anything."""


Draw = Callable[..., Create]


@pytest.fixture
async def draw(desk: Desk) -> Draw:
    def drawn(*, sandbox: bool = False) -> Create:
        with gr.Blocks(analytics_enabled=False):
            create = Create(desk, gr.Textbox(), gr.Textbox(), SERVICE, sandbox=sandbox)
            create.draw()
            create.wire()
        return create

    return drawn


def picture(folder: Path, size: tuple[int, int] = (640, 480)) -> dict[str, Any]:
    path = folder / f"{size[0]}x{size[1]}.png"
    Image.new("RGB", size, "teal").save(path)
    return file(path, path.name, "/gradio_api/file=1")


async def pressed(create: Create, **values: Any) -> list[tuple[Any, ...]]:
    """What the page is told, one step after the other."""
    return [step async for step in create.start("ann", "n", "en", **values)]


async def test_an_order_of_nobody_is_refused_before_the_desk_hears_of_it() -> None:
    create = Create(NoDesk(), gr.Textbox(), gr.Textbox(), SERVICE, sandbox=True)  # type: ignore[arg-type]
    for owner, nonce in (("", "n"), ("o", ""), ("", "")):
        with pytest.raises(gr.Error, match="not ready"):
            await anext(create.start(owner, nonce, "en"))


async def test_a_press_becomes_one_job_even_when_it_is_a_double_click(draw: Draw, desk: Desk, tmp_path: Path) -> None:
    create, values = draw(), form(image_start=picture(tmp_path), prompt="Rain", duration=3)
    presses = [await pressed(create, **values) for _ in range(2)]
    for sending, sent in presses:
        assert (sending[2].value, sending[2].interactive) == ("Sending…", False)
        assert (sent[2].value, sent[2].interactive) == ("On its way", False)
        assert sent[1] not in ("", "n")
    (job,) = await desk.recent("ann")
    assert {sent[0] for _, sent in presses} == {job.id}
    assert (job.request.prompt, job.credits_estimated) == ("Rain", 16.2)  # type: ignore[union-attr]


async def test_a_remedy_that_was_agreed_to_is_applied(draw: Draw, desk: Desk, tmp_path: Path) -> None:
    wide = picture(tmp_path, (1200, 320))
    values = form(image_start=wide, prompt="Rain")
    (refused,) = await pressed(draw(), **values, **note("image_start", **{wide["path"]: []}))
    assert "2.5 times" in complaints(refused[3])["image_start"]
    await pressed(draw(), **values, **note("image_start", **{wide["path"]: ["crop"]}))
    (job,) = await desk.recent("ann")
    kept = desk.picture(next(job.request.pictures()))
    assert kept
    with Image.open(kept) as sent:
        assert sent.size == (800, 320)


async def test_what_is_still_looked_for_is_not_ordered_again(
    draw: Draw, desk: Desk, means: Means, tmp_path: Path
) -> None:
    values = form(image_start=picture(tmp_path), prompt="Rain", duration=3)
    await pressed(draw(), **values)
    (job,) = await desk.recent("ann")
    sent = await means.store.write(job, replace(job, state=State.SUBMITTING, sent=1000.0))
    lost = await means.store.write(sent, replace(sent, state=State.UNKNOWN))
    with pytest.raises(gr.Error, match="may cost twice"):
        _ = [step async for step in draw().start("ann", "another", "en", **values)]
    await means.store.write(lost, replace(lost, looks=5))
    _ = [step async for step in draw().start("ann", "another", "en", **values)]
    assert len(await desk.recent("ann")) == 2


async def test_a_picture_that_is_gone_meanwhile_wakes_the_button(
    draw: Draw, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: Any, **__: Any) -> str:
        raise PictureError("picture_empty")

    monkeypatch.setattr(desk, "keep", gone)
    steps = draw().start("ann", "n", "en", **form(image_start=picture(tmp_path), prompt="Rain"))
    assert complaints((await anext(steps))[3]) == {}
    assert (await anext(steps))[2].interactive
    with pytest.raises(gr.Error, match="empty") as refused:
        await anext(steps)
    assert not refused.value.print_exception


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, {"image_start": "Choose a picture to begin with."}),
        ({"image_start": "good"}, {"prompt": "Say in a few words what should happen."}),
        ({"image_start": "small", "prompt": "x"}, {"image_start": "each side needs at least 300"}),
        ({"image_start": "text", "prompt": "x" * 2501}, {"image_start": "a text file", "prompt": "At most 2,500"}),
        ({"image_start": "good", "prompt": "x", "callback_url": "ftp://x"}, {"callback_url": "https://"}),
        ({"image_start": "good", "prompt": "x"}, {}),
    ],
)
async def test_each_problem_stands_beside_its_input(
    draw: Draw, tmp_path: Path, changes: dict[str, Any], wrong: dict[str, str]
) -> None:
    (tmp_path / "notes.png").write_text("Buy milk.")
    kinds = {
        "good": picture(tmp_path),
        "small": picture(tmp_path, (640, 200)),
        "text": file(tmp_path / "notes.png"),
        None: None,
    }
    values = form(**changes, **{f"{PREFIX}image_start": None}) | {"image_start": kinds[changes.get("image_start")]}
    *_, (ticket, *_, said) = await pressed(draw(), **values)
    found = complaints(said) if wrong else {}
    assert bool(ticket) is not bool(wrong)
    assert set(found) == set(wrong)
    assert all(sentence in found[name] for name, sentence in wrong.items())


async def test_a_form_that_is_looked_at_tells_its_price_and_what_it_would_send(draw: Draw) -> None:
    bar, button, chips, spelled = await draw(sandbox=True).looking.look(
        "ann", "en", **form(image_start=file("/tmp/1/boat.jpg", "boat.jpg", "/f"), model_params__element_list=["83001"])
    )
    assert "27 credits" in bar
    assert button["value"] == "Create · would cost 27 credits"
    assert [chip["token"] for chip in chips] == ["<<<image_1>>>", "<<<element_1>>>"]
    assert "upload:boat.jpg" in spelled


async def test_no_form_waits_for_a_slow_balance(draw: Draw, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told = asyncio.get_running_loop().create_future()
    monkeypatch.setattr(looking, "PATIENCE", 0.01)
    monkeypatch.setattr(desk, "balance", lambda: _of(told))
    create = draw()
    assert "Your balance" not in (await create.looking.look("ann", "en", **form()))[0]
    told.set_result(Decimal(12))
    monkeypatch.setattr(looking, "PATIENCE", 5)
    assert "Your balance is 12 credits" in (await create.looking.look("ann", "en", **form()))[0]


async def _of(told: asyncio.Future[Decimal]) -> Decimal:
    return await asyncio.shield(told)


async def test_nobody_asks_for_a_balance_in_the_sandbox(
    draw: Draw, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "balance", None)
    assert "price" in (await draw(sandbox=True).looking.look("ann", "en", **form()))[0]


async def test_every_part_of_the_form_that_speaks_is_drawn(draw: Draw) -> None:
    create = draw()
    for code in ("en", "ja"):
        said = create.speak(language(code))
        assert said[create.sample]["value"] == language(code).say("form.sample")
        assert {create.form.parts[item.name] for item in create.inputs} <= set(said)
