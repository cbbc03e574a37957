import re
from html import unescape
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from client.opening import KINDS
from jobs.desk import Desk
from tests.client.drawn import kinds, of
from tests.ui.filled import file, form, gallery, note
from ui.fields import Input, inputs
from ui.fitting import PREFIX, Fitting, agreed
from ui.form import Form
from ui.languages import language

FIRST, LAST, REFERENCES = (
    next(item for item in inputs() if item.name == name) for name in ("image_start", "image_end", "image_urls")
)
PICTURES = kinds()
JUNK: list[Any] = [
    None, "", 7, [], {}, {"agreed": None}, {"agreed": ["crop"]}, {"agreed": {"/a": "crop"}},
    {"agreed": {"/a": {"crop": 1}}}, {"agreed": {"/a": [["crop"], {}, 7, None, "melt"]}},
]  # fmt: skip


@pytest.fixture
def fitting(desk: Desk) -> Fitting:
    return Fitting(desk, Form(inputs(), language("en")))


@pytest.fixture
def wide(tmp_path: Path) -> dict[str, Any]:
    return drawn(tmp_path / "wide.webp", (1200, 320))


def drawn(path: Path, size: tuple[int, int], **how: Any) -> dict[str, Any]:
    path.write_bytes(of(Image.linear_gradient("L").resize(size).convert("RGB"), path.suffix[1:].upper(), **how))
    return file(path)


def of_path(payload: dict[str, Any], *remedies: str) -> dict[str, Any]:
    return {"html": "", "agreed": {payload["path"]: list(remedies)}}


async def test_no_picture_no_note(fitting: Fitting) -> None:
    assert await fitting.note(FIRST, "en", {"html": "old", "agreed": {"/gone": ["crop"]}}, None) == {
        "html": "",
        "agreed": {},
    }


async def test_a_remedy_is_offered_agreed_to_and_taken_back(fitting: Fitting, wide: dict[str, Any]) -> None:
    offered = await fitting.note(FIRST, "en", None, wide)
    assert offered["agreed"] == {wide["path"]: []}
    asked = re.search("data-path='(.*?)' data-remedies='(.*?)'", offered["html"])
    assert asked
    assert (unescape(asked[1]), asked[2]) == (wide["path"], "convert crop")

    agree = fitting._agreeing(FIRST)
    pressed = gr.EventData(None, {"path": wide["path"], "remedies": asked[2].split()})
    mended = await agree(pressed, "en", offered, wide)
    assert mended["agreed"] == {wide["path"]: ["convert", "crop"]}
    assert "will be sent as 800 × 320, JPEG" in mended["html"]

    undone = await agree(gr.EventData(None, {"path": wide["path"], "remedies": [""]}), "en", mended, wide)
    assert undone == offered


async def test_the_same_picture_keeps_what_was_agreed_and_another_does_not(
    fitting: Fitting, wide: dict[str, Any], tmp_path: Path
) -> None:
    before = of_path(wide, "convert", "crop")
    assert (await fitting.note(FIRST, "en", before, wide))["agreed"] == before["agreed"]
    other = drawn(tmp_path / "other.webp", (640, 480))
    assert (await fitting.note(FIRST, "en", before, other))["agreed"] == {other["path"]: []}


async def test_nobody_can_agree_to_what_there_is_not(fitting: Fitting, wide: dict[str, Any]) -> None:
    agree = fitting._agreeing(FIRST)
    strange = gr.EventData(None, {"path": "/etc/passwd", "remedies": ["melt", "crop", None]})
    assert (await agree(strange, "en", None, wide))["agreed"] == {wide["path"]: []}
    half = gr.EventData(None, {"path": wide["path"], "remedies": ["melt", "crop", None]})
    assert (await agree(half, "en", None, wide))["agreed"] == {wide["path"]: ["crop"]}


@pytest.mark.parametrize("value", JUNK, ids=repr)
async def test_whatever_else_a_page_may_send_counts_as_nothing(
    fitting: Fitting, wide: dict[str, Any], value: Any
) -> None:
    assert not any(agreed({f"{PREFIX}image_start": value}, "image_start").values())
    assert (await fitting.note(FIRST, "en", value, wide))["agreed"] == {wide["path"]: []}


def test_what_was_agreed_is_read_from_the_note_of_that_input() -> None:
    values = form(**note("image_start", **{"/a": ["crop", "convert"]}))
    assert agreed(values, "image_start") == {"/a": ("convert", "crop")}
    assert agreed(values, "image_end") == {}


async def test_several_pictures_are_numbered_and_one_that_cannot_be_helped_says_so(
    fitting: Fitting, wide: dict[str, Any], tmp_path: Path
) -> None:
    text = tmp_path / "notes.png"
    text.write_text("Buy milk.")
    told = await fitting.note(REFERENCES, "en", None, gallery(drawn(tmp_path / "a.png", (640, 480)), wide, file(text)))
    titles = re.findall(r"Image (\d)", told["html"])
    assert list(dict.fromkeys(titles)) == ["1", "2", "3"]
    assert "<p class='wrong'>Image 3: This is a text file" in told["html"]
    assert len(told["agreed"]) == 3
    first = drawn(tmp_path / "b.png", (640, 480))
    assert "Image 2: " in (await fitting.note(REFERENCES, "en", None, gallery(wide), first))["html"]


async def test_a_last_frame_may_take_the_shape_of_the_first(fitting: Fitting, tmp_path: Path) -> None:
    first, last = drawn(tmp_path / "first.png", (640, 480)), drawn(tmp_path / "last.png", (600, 600))
    offered = await fitting.note(LAST, "en", None, last, first)
    assert "data-remedies='match'" in offered["html"]
    mended = await fitting.note(LAST, "en", of_path(last, "match"), last, first)
    assert "will be sent as 600 × 450" in mended["html"]
    for nothing_to_match in (None, file(tmp_path / "first.txt")):
        (tmp_path / "first.txt").write_text("Buy milk.")
        assert "match" not in (await fitting.note(LAST, "en", None, last, nothing_to_match))["html"]


async def test_a_turned_picture_is_set_upright(fitting: Fitting, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = drawn(tmp_path / "turned.jpeg", (640, 400), exif=exif)
    told = await fitting.note(FIRST, "en", None, turned)
    assert "will be sent as 400 × 640, JPEG" in told["html"]
    assert "set upright" in told["html"]
    assert "<button" not in told["html"]


@pytest.mark.parametrize("kind", PICTURES)
async def test_a_picture_of_every_kind_can_be_made_fit_in_one_press(
    desk: Desk, fitting: Fitting, tmp_path: Path, kind: str
) -> None:
    picture = tmp_path / "picture"
    picture.write_bytes(PICTURES[kind])
    offered = await fitting.note(FIRST, "en", None, file(picture))
    asked = re.search("data-remedies='(.*?)'", offered["html"])
    assert asked, "so small a picture has to be enlarged"
    mended = await fitting.note(FIRST, "en", of_path(file(picture), *asked[1].split()), file(picture))
    assert "<button type='button' class='undo'" in mended["html"]
    kept = desk.picture(await desk.keep(picture, mended["agreed"][str(picture)]))
    assert kept
    with Image.open(kept) as sent:
        assert sent.format in ("JPEG", "PNG")
        assert min(sent.size) >= 300


def test_every_kind_that_can_be_opened_was_tried() -> None:
    tried = {"jpeg", "png", "webp", "gif", "avif", "heic", "bmp", "tiff"}
    assert tried <= set(PICTURES)
    assert {kind.lower() for kind in KINDS} == tried


async def test_a_note_is_written_for_every_picture_of_the_form(fitting: Fitting) -> None:
    pictured: list[Input] = [item for item in inputs() if item.kind in ("picture", "pictures")]
    with gr.Blocks(analytics_enabled=False):
        fitting.form.draw(inputs())
        for item in pictured:
            fitting.draw(item)
        fitting.wire(gr.Textbox())
        fitting.say_again(gr.Button().click(lambda: None))
    assert set(fitting.parts) == {f"{PREFIX}{item.name}" for item in pictured}
