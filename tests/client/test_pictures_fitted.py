from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

from client import faults, pictures, recoding
from client.errors import PictureError
from client.faults import ORDER, Remedy
from client.pictures import check, examine, prepare, thumbnail
from tests.client.drawn import of

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
KINDS = ["WEBP", "HEIC", "AVIF", "GIF", "BMP", "TIFF"]


def halves(width: int = 640, height: int = 480) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), BLUE)
    image.paste(RED, (0, 0, width // 2, height))
    return image


def written(path: Path, form: str, image: Image.Image | None = None, **how: object) -> Path:
    path.write_bytes(of(image or halves(), form, **how))
    return path


def clear_left(width: int = 640, height: int = 480) -> Image.Image:
    image = halves(width, height).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, width // 2, height))
    return image


def fitted(path: Path, *remedies: Remedy, **how: Any) -> Image.Image:
    """The picture as it would be sent; it has passed the check, and the original is as it was."""
    before = path.read_bytes()
    ready = prepare(path, path.with_name("ready"), remedies, **how)
    assert path.read_bytes() == before
    check(ready)
    return Image.open(BytesIO(ready.read_bytes()))


def shown(path: Path, *remedies: Remedy, **how: Any) -> Image.Image:
    image = Image.open(BytesIO(thumbnail(path, remedies, **how)))
    assert image.format == "JPEG"
    return image


def near(image: Image.Image, place: tuple[int, int], colour: tuple[int, ...]) -> bool:
    found = image.convert("RGB").getpixel(place)
    assert isinstance(found, tuple)
    return all(abs(one - other) < 40 for one, other in zip(found, colour, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_other_kinds_are_converted_only_when_asked(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path / "a", kind)
    with pytest.raises(PictureError) as raised:
        prepare(path, tmp_path / "ready")
    assert raised.value.code == "picture_type"
    assert list(tmp_path.iterdir()) == [path]
    image = fitted(path, "convert")
    assert (image.format, image.size) == ("JPEG" if kind in ("WEBP", "HEIC", "AVIF") else "PNG", (640, 480))
    assert near(image, (100, 100), RED)
    assert near(image, (540, 100), BLUE)


def test_a_lossless_webp_stays_without_loss(tmp_path: Path) -> None:
    image = fitted(written(tmp_path / "a", "WEBP", lossless=True), "convert")
    assert image.format == "PNG"
    assert image.getpixel((100, 100)) == RED


@pytest.mark.parametrize("kind", ["WEBP", "HEIC", "AVIF"])
def test_what_is_transparent_stays_so_unless_it_is_put_on_white(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path / "a", kind, clear_left())
    kept = fitted(path, "convert")
    assert (kept.format, kept.mode) == ("PNG", "RGBA")
    flat = fitted(path, "convert", "flatten")
    assert (flat.format, flat.mode) == ("JPEG", "RGB")
    assert near(flat, (100, 100), WHITE)
    assert near(flat, (540, 100), BLUE)


def test_flattening_what_is_not_transparent_changes_nothing(tmp_path: Path) -> None:
    assert fitted(written(tmp_path / "a", "PNG"), "flatten").getpixel((100, 100)) == RED


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_the_first_of_moving_pictures_is_sent(tmp_path: Path, kind: str) -> None:
    colours = [Image.new("RGB", (320, 320), colour) for colour in (RED, BLUE)]
    path = written(tmp_path / "a", kind, colours[0], save_all=True, append_images=colours[1:])
    assert near(fitted(path, "convert"), (100, 100), RED)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIC"])
def test_every_kind_is_set_upright_once(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = written(tmp_path / "a", kind, exif=exif.tobytes())
    image = fitted(path, "convert")
    assert image.size == (480, 640)
    assert near(image, (240, 100), RED)
    assert near(image, (240, 540), BLUE)
    for small in (shown(path), shown(path, "convert")):
        assert small.size == (240, 320)
        assert near(small, (120, 50), RED)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIC"])
def test_nothing_but_the_picture_is_sent(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    notes = PngInfo()
    notes.add_text("Author", "SecretAuthor")
    how = {"exif": exif.tobytes()} | ({"pnginfo": notes} if kind == "PNG" else {"xmp": b"<x>SecretXmp</x>"})
    path = written(tmp_path / "a", kind, **how)
    assert b"Secret" in path.read_bytes()
    image = fitted(path, *ORDER)
    assert not image.getexif()
    assert image.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    for ready in (next(tmp_path.glob("ready.*")).read_bytes(), thumbnail(path)):
        assert b"Secret" not in ready


@pytest.mark.parametrize(
    ("size", "remedies", "result"),
    [
        ((1000, 300), ("crop",), (750, 300)),
        ((301, 2000), ("crop",), (301, 752)),
        ((640, 480), ("crop",), (640, 480)),
        ((150, 200), ("enlarge",), (300, 400)),
        ((299, 300), ("enlarge",), (300, 301)),
        ((640, 480), ("enlarge",), (640, 480)),
        ((101, 900), ("crop", "enlarge"), (300, 749)),
        ((900, 100), ("enlarge", "crop"), (750, 300)),
    ],
)
def test_shape_and_size_are_mended(
    tmp_path: Path, size: tuple[int, int], remedies: tuple[Remedy, ...], result: tuple[int, int]
) -> None:
    assert fitted(written(tmp_path / "a", "PNG", halves(*size)), *remedies).size == result


@pytest.mark.parametrize(
    ("size", "beside", "result"),
    [
        ((640, 480), 4 / 3, (640, 480)),
        ((640, 480), 1.0, (480, 480)),
        ((640, 480), 16 / 9, (640, 360)),
        ((640, 480), 0.5, (300, 600)),
        ((1000, 301), 3.0, (752, 301)),
        ((301, 1000), 0.001, (301, 752)),
        ((1000, 300), 1.5, (450, 300)),
        ((120, 120), 1.0, (300, 300)),
    ],
)
def test_a_picture_is_cut_to_the_shape_of_another(
    tmp_path: Path, size: tuple[int, int], beside: float, result: tuple[int, int]
) -> None:
    path = written(tmp_path / "a", "PNG", halves(*size))
    enlarge: tuple[Remedy, ...] = ("enlarge",) if min(size) < 300 else ()
    assert fitted(path, "match", *enlarge, beside=beside).size == result


def test_without_another_there_is_nothing_to_match(tmp_path: Path) -> None:
    assert fitted(written(tmp_path / "a", "PNG"), "match").size == (640, 480)
    with pytest.raises(PictureError) as raised:
        prepare(written(tmp_path / "a", "PNG", halves(1000, 300)), tmp_path / "ready", ["match"])
    assert raised.value.code == "picture_shape"


def test_the_middle_is_kept(tmp_path: Path) -> None:
    image = halves(1200, 300)
    ImageDraw.Draw(image).rectangle((525, 0, 674, 300), fill="white")
    cut = fitted(written(tmp_path / "a", "PNG", image), "crop")
    assert [cut.getpixel((left, 9)) for left in (299, 300, 449, 450)] == [RED, WHITE, WHITE, BLUE]


@pytest.mark.parametrize(
    ("image", "given", "code"),
    [
        (halves(1000, 300), ("convert", "shrink", "enlarge", "flatten"), "picture_shape"),
        (halves(150, 200), ("convert", "shrink", "crop", "flatten"), "picture_small"),
    ],
)
def test_a_fault_whose_remedy_was_not_given_is_refused(
    tmp_path: Path, image: Image.Image, given: tuple[Remedy, ...], code: str
) -> None:
    with pytest.raises(PictureError) as raised:
        prepare(written(tmp_path / "a", "PNG", image), tmp_path / "ready", given)
    assert raised.value.code == code


def test_what_cannot_be_helped_is_refused_with_every_remedy(tmp_path: Path) -> None:
    with pytest.raises(PictureError) as raised:
        prepare(written(tmp_path / "a", "PNG", halves(99, 99)), tmp_path / "ready", ORDER)
    assert raised.value.code == "picture_small"


def rich(width: int = 700, height: int = 500) -> Image.Image:
    return Image.effect_noise((width, height), 90).convert("RGB")


def test_a_large_file_is_written_anew(tmp_path: Path) -> None:
    path = written(tmp_path / "a", "BMP", rich(2000, 1700))
    with pytest.raises(PictureError) as raised:
        prepare(path, tmp_path / "ready", ["convert"])
    assert (raised.value.code, raised.value.values["megabytes"]) == ("picture_bytes", 10.2)
    image = fitted(path, "convert", "shrink")
    assert image.size == (2000, 1700)


def limited(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    for module in (recoding, faults, pictures):
        monkeypatch.setattr(module, "PICTURE_MAX_BYTES", most)


def test_what_stays_too_large_gets_fewer_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a", "PNG", rich())
    limited(monkeypatch, 60_000)
    image = fitted(path, "shrink")
    assert image.format == "JPEG"
    assert 300 <= image.height < 500
    assert image.width / image.height == pytest.approx(1.4, abs=0.01)
    assert next(tmp_path.glob("ready.*")).stat().st_size <= 60_000


def test_a_png_over_the_limit_becomes_a_jpeg_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a", "PNG", compress_level=0)
    assert fitted(path).format == "PNG"
    limited(monkeypatch, path.stat().st_size - 1)
    assert fitted(path, "shrink").format == "JPEG"


def test_what_is_transparent_stays_so_when_it_shrinks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = rich().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    path = written(tmp_path / "a", "PNG", image)
    limited(monkeypatch, path.stat().st_size // 2)
    kept = fitted(path, "shrink")
    assert (kept.mode, kept.height < 500) == ("RGBA", True)
    assert fitted(path, "shrink", "flatten").size == (700, 500)


def test_a_long_picture_keeps_its_limits_when_it_shrinks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a", "PNG", rich(1251, 501))
    limited(monkeypatch, 130_000)
    image = fitted(path, "shrink")
    assert 300 <= image.height < 501
    assert 2.4 < image.width / image.height <= 2.5


def test_there_is_an_end_to_shrinking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a", "PNG", rich())
    limited(monkeypatch, 900)
    with pytest.raises(PictureError) as raised:
        prepare(path, tmp_path / "ready", ["shrink"])
    assert raised.value.code == "picture_bytes"
    assert set(raised.value.values) == {"bytes", "megabytes", "limit"}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "HEIC", "TIFF"])
def test_wide_colours_of_other_kinds_are_brought_into_the_usual_ones(tmp_path: Path, kind: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = fitted(written(tmp_path / "a", kind, icc_profile=profile), "convert")
    assert near(image, (100, 100), RED)
    assert "icc_profile" not in image.info


@pytest.mark.parametrize("kind", ["JPEG", "PNG", *KINDS])
def test_a_thumbnail_of_every_kind(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path / "a", kind)
    for small in (shown(path), shown(path, "convert")):
        assert small.size == (320, 240)
        assert near(small, (50, 50), RED)
        assert near(small, (270, 50), BLUE)
    assert shown(path, longest=64).size == (64, 48)


def test_a_thumbnail_shows_what_would_be_sent(tmp_path: Path) -> None:
    path = written(tmp_path / "a", "PNG", halves(2000, 300))
    assert shown(path).size == (320, 48)
    assert shown(path, "crop").size == (320, 128)
    assert shown(path, "match", beside=1.0).size == (300, 300)
    tiny = written(tmp_path / "b", "PNG", halves(90, 60))
    assert shown(tiny).size == (90, 60)
    assert shown(tiny, "enlarge", longest=500).size == (450, 300)


def test_a_large_jpeg_is_cut_in_its_thumbnail_as_it_will_be(tmp_path: Path) -> None:
    path = written(tmp_path / "a", "JPEG", halves(6000, 1500))
    small = shown(path, "crop")
    assert small.size == (320, 128)
    assert near(small, (150, 60), RED)
    assert near(small, (170, 60), BLUE)


def test_a_thumbnail_shows_where_a_picture_is_transparent(tmp_path: Path) -> None:
    path = written(tmp_path / "a", "PNG", clear_left())
    before, after = shown(path), shown(path, "flatten")
    grey = [max(before.getpixel(place)) < 230 for place in ((6, 6), (18, 6), (6, 18), (18, 18))]
    assert grey == [True, False, False, True]
    assert min(after.getpixel((6, 6))) > 250
    assert near(before, (300, 100), BLUE)


def test_what_was_fitted_has_no_fault_left(tmp_path: Path) -> None:
    image = clear_left(1000, 120)
    path = written(tmp_path / "a", "GIF", image)
    examined = examine(path, beside=1.0)
    assert examined.remedies == ("convert", "flatten", "match", "crop", "enlarge")
    ready = prepare(path, tmp_path / "ready", examined.remedies, beside=1.0)
    assert examine(ready, beside=1.0).faults == ()
