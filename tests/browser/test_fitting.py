"""A picture that EvoLink would not take is said to be so at once, mended with one press, and sent without its past."""

import io
import struct
import zlib
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.pages import ENDS, Visit
from tests.house import Process
from tests.pictures import GROOT, of_bytes

pytestmark = pytest.mark.parametrize("house", ["sandbox"], indirect=True)

PLACE = "Heligoland"


def gradient(width: int, height: int, mode: str = "RGB") -> Image.Image:
    return Image.linear_gradient("L").resize((width, height)).convert(mode)


def saved(image: Image.Image, kind: str, **more: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def heic() -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(gradient(640, 480)).save(file)
    return file.getvalue()


def glass() -> bytes:
    image = gradient(640, 480, "RGBA")
    image.putalpha(image.getchannel("R"))
    return saved(image, "PNG")


def photograph(width: int, height: int) -> bytes:
    """As a camera writes it: lying on its side, with the place where it was taken."""
    past = Image.Exif()
    past[0x0112], past[0x010E] = 6, PLACE
    past.get_ifd(0x8825).update({1: "N", 2: (54.0, 10.0, 57.0)})
    return saved(gradient(height, width), "JPEG", exif=past)


def bomb() -> bytes:
    """A few bytes that claim to be 900 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    rows = chunk(b"IDAT", zlib.compress(bytes(90_000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + rows + chunk(b"IEND", b"")


MENDED = {
    "HEIC": (heic, "a picture of the kind HEIC", "Make it fit: convert it", "640 × 480, JPEG"),
    "WEBP": (
        lambda: saved(gradient(640, 480), "WEBP"),
        "a picture of the kind WEBP",
        "Make it fit: convert it",
        "640 × 480, JPEG",
    ),
    "too wide": (
        lambda: saved(gradient(1200, 400), "JPEG"),
        "at most 2.5 times the short one",
        "Make it fit: crop it",
        "1000 × 400, JPEG",
    ),
    "transparent": (glass, "may be transparent", "Make it fit: put it on white", "640 × 480, PNG"),
    "over 10 MB": (
        lambda: of_bytes(10_000_001),
        "10 MB is the limit",
        "Make it fit: make the file smaller",
        "640 × 480, JPEG",
    ),
}


def file(content: bytes) -> FilePayload:
    return FilePayload(name="picture", mimeType="image/png", buffer=content)


def expect_shown(visit: Visit, field: str, pictures: int) -> None:
    """So many small pictures stand in the note, and each can really be seen."""
    images = visit.note(field).locator("img")
    expect(images).to_have_count(pictures)
    assert all(images.evaluate_all("all => all.map(one => one.complete && one.naturalWidth > 0)"))


@pytest.mark.parametrize("what", MENDED)
def test_one_press_makes_it_fit_and_another_takes_that_back(visit: Visit, what: str) -> None:
    make, sentence, remedy, sent = MENDED[what]
    visit.choose(file(make()))
    note = visit.note("image_start")
    expect(note).to_contain_text(sentence)
    expect(note.locator("figcaption").nth(0)).to_contain_text("As it is: ")
    expect(note.locator("figcaption").nth(1)).to_contain_text(f"As it would be sent: {sent}")
    expect_shown(visit, "image_start", 2)
    note.get_by_role("button", name=remedy, exact=True).click()
    expect(note).to_contain_text(f"First frame: will be sent as {sent}")
    expect(note).to_contain_text("without camera data and place")
    expect(note).not_to_contain_text(sentence)
    expect_shown(visit, "image_start", 1)
    note.get_by_role("button", name="Take the original again").click()
    expect(note).to_contain_text(sentence)


def test_a_photograph_on_its_side_is_set_upright_unasked(visit: Visit) -> None:
    visit.choose(file(photograph(400, 640)))
    expect(visit.note("image_start")).to_contain_text("will be sent as 400 × 640, JPEG")
    expect(visit.note("image_start")).to_contain_text("set upright")
    expect_shown(visit, "image_start", 1)


def test_a_last_frame_may_take_the_shape_of_the_first(visit: Visit) -> None:
    visit.choose(GROOT)
    visit.choose(file(saved(gradient(600, 600), "JPEG")), "image_end")
    note = visit.note("image_end")
    expect(note).to_contain_text("another shape than the first frame")
    note.get_by_role("button", name="Make it fit: crop it to the shape of the first frame").click()
    expect(note).to_contain_text("Last frame: will be sent as 600 × 338, JPEG")


def test_what_was_agreed_is_what_goes_out_without_its_past(visit: Visit, page: Page, house: Process) -> None:
    folder = Path(house.environment["FIRSTFRAME_DATA"]) / "sandbox" / "files"
    before = set(folder.iterdir())
    visit.choose(file(photograph(1200, 400)))
    visit.prompt.fill("The tide comes in")
    visit.pick("Length", "3 s")
    visit.press()
    visit.expect_refusal("image_start", "at most 2.5 times the short one")
    visit.note("image_start").locator(".mend").click()
    expect(visit.note("image_start")).to_contain_text("1000 × 400, JPEG")
    visit.press()
    assert visit.wait_for(*ENDS) == "done"
    uploaded = [path for path in set(folder.iterdir()) - before if path.suffix != ".json"]
    assert uploaded
    for path in uploaded:
        content = path.read_bytes()
        assert b"Exif" not in content
        assert PLACE.encode() not in content
        with Image.open(path) as picture:
            assert picture.size == (1000, 400)
            assert not picture.getexif()


def test_a_bomb_is_refused(visit: Visit) -> None:
    visit.choose(file(bomb()))
    visit.prompt.fill("Tick, tock")
    visit.expect_complaint("image_start", "it may have 40 million in all")
    expect(visit.note("image_start").get_by_role("button")).to_have_count(0)
    visit.press()
    visit.expect_refusal("image_start", "it may have 40 million in all")
