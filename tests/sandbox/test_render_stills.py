"""Pictures of every kind come in upright, in sRGB, cut to shape."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from sandbox import stills
from sandbox.errors import RenderError
from sandbox.stills import QUIET, backdrop, cut, shape
from tests.sandbox.footage import scenery

TEAL = (30, 140, 150)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "CMYK"])
def test_every_kind_of_picture_keeps_its_colour(mode: str, tmp_path: Path) -> None:
    path = tmp_path / ("picture.jpg" if mode == "CMYK" else "picture.png")
    Image.new("RGB", (400, 300), TEAL).convert(mode, palette=Image.Palette.ADAPTIVE).save(path)
    assert _middle(cut(path, 4 / 3, (400, 300))) == pytest.approx(TEAL, abs=4)


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("L", (400, 300), 120),
        Image.new("LA", (400, 300), (120, 255)),
        Image.fromarray(np.full((300, 400), 120 * 257, np.uint16)),
    ],
    ids=["8 bit", "with alpha", "16 bit"],
)
def test_grey_stays_grey(picture: Image.Image, tmp_path: Path) -> None:
    picture.save(tmp_path / "picture.png")
    assert _middle(cut(tmp_path / "picture.png", 4 / 3, (400, 300))) == (120, 120, 120)


def test_what_is_transparent_shows_a_quiet_ground(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (400, 300), (*TEAL, 0))
    picture.paste((*TEAL, 255), (0, 0, 200, 300))
    picture.save(tmp_path / "picture.png")
    seen = cut(tmp_path / "picture.png", 4 / 3, (400, 300))
    assert seen.getpixel((50, 150)) == TEAL
    assert seen.getpixel((350, 150)) == QUIET


def test_a_transparent_colour_of_a_palette_counts_too(tmp_path: Path) -> None:
    Image.new("P", (400, 300), 0).save(tmp_path / "picture.png", transparency=0)
    assert _middle(cut(tmp_path / "picture.png", 4 / 3, (400, 300))) == QUIET


@pytest.mark.parametrize("kind", ["png", "jpg"])
@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, "red"), (3, "blue"), (6, "green"), (8, "white")], ids=lambda part: str(part)
)
def test_a_picture_is_turned_upright(orientation: int, corner: str, kind: str, tmp_path: Path) -> None:
    picture = Image.new("RGB", (1200, 800))
    for place, colour in (((0, 0), "red"), ((600, 0), "white"), ((0, 400), "green"), ((600, 400), "blue")):
        picture.paste(colour, (*place, place[0] + 600, place[1] + 400))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"picture.{kind}"
    picture.save(path, exif=exif)
    width, height = shape(path)
    assert (width, height) == ((800, 1200) if orientation in (6, 8) else (1200, 800))
    seen = cut(path, width / height, (width // 8, height // 8))
    assert seen.getpixel((20, 20)) == pytest.approx(Image.new("RGB", (1, 1), corner).getpixel((0, 0)), abs=6)


def test_the_middle_is_kept_when_the_shape_differs(tmp_path: Path) -> None:
    picture = Image.new("RGB", (900, 300), "red")
    picture.paste("blue", (300, 0, 600, 300))
    picture.save(tmp_path / "picture.png")
    seen = np.asarray(cut(tmp_path / "picture.png", 1, (300, 300)))
    assert (seen == (0, 0, 255)).all()


def test_a_picture_is_made_smaller_but_never_larger(tmp_path: Path) -> None:
    path = scenery(tmp_path / "picture.jpg", 3, (1600, 900))
    assert cut(path, 16 / 9, (320, 180)).size == (320, 180)
    assert cut(path, 16 / 9, (3200, 1800)).size == (1600, 900)


def test_a_colour_profile_is_heeded(tmp_path: Path) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    broken = b"not a profile"
    for profile in (lab.tobytes(), broken):
        Image.new("RGB", (400, 300), TEAL).save(tmp_path / "picture.png", icc_profile=profile)
        assert _middle(cut(tmp_path / "picture.png", 4 / 3, (400, 300))) == pytest.approx(TEAL, abs=1)


@pytest.mark.parametrize("kept", [0, 3, 100, 0.5])
@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_a_damaged_picture_is_named(kept: float, kind: str, tmp_path: Path) -> None:
    path = scenery(tmp_path / f"picture.{kind}", 3)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept) if isinstance(kept, float) else kept])
    with pytest.raises(RenderError) as failure:
        cut(path, 1, (300, 300))
    assert failure.value.code == "image_processing_error"
    assert str(tmp_path) not in str(failure.value)


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(RenderError):
        shape(tmp_path / "nowhere.png")


def test_a_picture_too_large_for_memory_is_refused_from_its_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = scenery(tmp_path / "picture.png", 3)
    monkeypatch.setattr(stills, "MOST_PIXELS", 960 * 540 - 1)
    with pytest.raises(RenderError, match="too many pixels"):
        shape(path)


def test_a_backdrop_belongs_to_its_prompt() -> None:
    one, again, other = (np.asarray(backdrop(prompt, (64, 36))) for prompt in ("a lake", "a lake", "a wood"))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def _middle(picture: Image.Image) -> object:
    assert picture.mode == "RGB"
    return picture.getpixel((picture.width // 2, picture.height // 2))
