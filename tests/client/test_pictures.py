import random
import struct
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

from client import recoding
from client.errors import PictureError
from client.kinds import kind
from client.pictures import Measured, check, prepare

ORIENTATION = 0x0112


def painted(width: int = 640, height: int = 480, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right, so that one sees how it lies."""
    image = Image.new("RGB", (width, height), "blue")
    ImageDraw.Draw(image).rectangle((0, 0, width // 2, height), fill="red")
    return image.convert(mode)


def saved(path: Path, image: Image.Image | None = None, **how: Any) -> Path:
    (image or painted()).save(path, **how)
    return path


def refused(path: Path) -> PictureError:
    with pytest.raises(PictureError) as raised:
        check(path)
    return raised.value


def test_a_measured_jpeg(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg")
    assert check(path) == Measured("JPEG", 640, 480, path.stat().st_size, rotated=False, has_alpha=False)


def test_a_measured_png_whatever_its_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", painted(mode="RGBA"), format="PNG")
    measured = check(path)
    assert (measured.format, measured.has_alpha) == ("PNG", True)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_a_turned_picture_counts_and_goes_up_as_one_sees_it(tmp_path: Path, turn: int, ending: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = turn
    path = saved(tmp_path / f"a.{ending}", painted(700, 400), exif=exif)
    measured = check(path)
    assert (measured.width, measured.height) == ((400, 700) if turn >= 5 else (700, 400))
    assert measured.rotated is (turn > 1)
    ready = prepare(path, tmp_path / "ready")
    with Image.open(ready) as image, Image.open(path) as stored:
        assert image.size == (measured.width, measured.height)
        assert ORIENTATION not in image.getexif()
        edges = {"left": (9, image.height // 2), "right": (image.width - 9, image.height // 2)}
        edges |= {"top": (image.width // 2, 9), "bottom": (image.width // 2, image.height - 9)}
        red = {name for name, place in edges.items() if image.getpixel(place)[0] > 200}
        assert stored.getexif()[ORIENTATION] == turn
    expected = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"}[turn]
    assert expected in red
    assert len(red & {"left", "right", "top", "bottom"} - {expected}) <= 2
    opposite = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}[expected]
    assert opposite not in red


def test_the_shape_is_judged_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    error = refused(saved(tmp_path / "a.jpg", painted(1200, 400), exif=exif))
    assert str(error).startswith("This picture is 400 × 1,200 pixels")


@pytest.mark.parametrize(
    ("width", "height", "code"),
    [
        (300, 300, None),
        (299, 400, "picture_small"),
        (400, 299, "picture_small"),
        (750, 300, None),
        (751, 300, "picture_shape"),
        (300, 750, None),
        (300, 751, "picture_shape"),
        (300, 900, "picture_shape"),
    ],
)
def test_the_limits_at_their_edges(tmp_path: Path, width: int, height: int, code: str | None) -> None:
    path = saved(tmp_path / "a.png", painted(width, height))
    if code is None:
        assert (check(path).width, check(path).height) == (width, height)
    else:
        assert refused(path).code == code


def test_the_sentences_hold_the_figures(tmp_path: Path) -> None:
    small = refused(saved(tmp_path / "a.png", painted(299, 400)))
    assert str(small) == "This picture is 299 × 400 pixels; each side needs at least 300."
    long = refused(saved(tmp_path / "b.png", painted(400, 1200)))
    assert str(long) == "This picture is 400 × 1,200 pixels; the long side may be at most 2.5 times the short one."


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        (10_000_000, None),
        (10_000_001, "This picture has 10,000,001 bytes; 10 MB is the limit."),
        (12_340_000, "This picture has 12.3 MB; 10 MB is the limit."),
    ],
)
def test_the_limit_of_bytes(tmp_path: Path, size: int, sentence: str | None) -> None:
    path = saved(tmp_path / "a.jpg")
    with path.open("ab") as file:
        file.truncate(size)
    if sentence is None:
        assert check(path).bytes == size
    else:
        assert str(refused(path)) == sentence
        assert refused(path).code == "picture_bytes"


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "picture_empty", "This file is empty."),
        (b"Hello, I am a text file.\n", "picture_type", "This is a text file, not a picture."),
        ("Grüße aus München, wo die Texte länger sind als ein Kopf von Bytes".encode(), "picture_type", "a text file"),
        (b"\xef\xbb\xbf<svg xmlns='http://www.w3.org/2000/svg'/>", "picture_type", "SVG"),
        (b"%PDF-1.7", "picture_type", "PDF"),
        (b"PK\x03\x04xxxx", "picture_type", "ZIP"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "picture_type", "a video"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "picture_type", "HEIC"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "picture_type", "AVIF"),
        (b"\x80\x81\x82\x83", "picture_type", "no picture that is known"),
        (b"\x00\x01\x02\x03", "picture_type", "no picture that is known"),
        (b"\xff" * 100, "picture_type", "no picture that is known"),
        (b"\xff\xd8\xff\xe0nothing", "picture_damaged", "damaged"),
        (b"\x89PNG\r\n\x1a\nnothing", "picture_damaged", "damaged"),
    ],
)
def test_what_is_no_jpg_or_png(tmp_path: Path, content: bytes, code: str, words: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    error = refused(path)
    assert error.code == code
    assert words in str(error)


@pytest.mark.parametrize(
    ("form", "word"), [("GIF", "GIF"), ("WEBP", "WEBP"), ("BMP", "BMP"), ("TIFF", "TIFF"), ("AVIF", "AVIF")]
)
def test_other_pictures_are_named(tmp_path: Path, form: str, word: str) -> None:
    error = refused(saved(tmp_path / "a.png", format=form))
    assert str(error) == f"This is a picture of the kind {word}, which EvoLink does not take. Choose a JPG or PNG."


def test_a_text_that_ends_inside_a_character() -> None:
    assert kind(("a" * 63 + "ü").encode()[:64]) == "text file"


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims a size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("width", "height"), [(8000, 6000), (13_000, 13_000), (25_000, 25_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_bomb_is_refused_from_its_header(tmp_path: Path, width: int, height: int) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(claiming(width, height))
    assert refused(path).code in ("picture_pixels", "picture_damaged")
    assert refused(path).code == "picture_pixels" or width > 100_000


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_where_warnings_are_only_warnings(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(claiming(10_000, 10_000))
    assert str(refused(path)) == "This picture is 10,000 × 10,000 pixels; it may have 40 million in all."


def test_forty_million_pixels_are_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(claiming(8000, 5000))
    assert check(path).width == 8000
    path.write_bytes(claiming(8000, 5001))
    assert str(refused(path)) == "This picture is 8,000 × 5,001 pixels; it may have 40 million in all."


def test_a_phones_double_picture_is_a_jpeg(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[painted()])
    with Image.open(path) as image:
        assert image.format == "MPO"
    assert check(path).format == "JPEG"
    assert prepare(path, tmp_path / "ready").suffix == ".jpg"


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_nonsense_in_the_camera_data_does_no_harm(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff nonsense")
    assert check(path).rotated is False
    assert check(saved(tmp_path / "a.png", exif=b"no camera data at all")).rotated is False
    exif = Image.Exif()
    exif[ORIENTATION] = 77
    assert check(saved(tmp_path / "b.jpg", exif=exif)).rotated is False


def test_a_picture_cut_in_the_middle_shows_when_it_is_prepared(tmp_path: Path) -> None:
    noisy = Image.effect_noise((640, 480), 80).convert("RGB")
    whole = saved(tmp_path / "a.jpg", noisy).read_bytes()
    cut = tmp_path / "b.jpg"
    cut.write_bytes(whole[: len(whole) // 2])
    assert check(cut)
    with pytest.raises(PictureError) as raised:
        prepare(cut, tmp_path / "ready")
    assert raised.value.code == "picture_damaged"
    assert not (tmp_path / "ready.jpg").exists()


def test_nothing_but_the_picture_goes_up(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    jpeg = saved(tmp_path / "a.jpg", exif=exif, comment=b"SecretComment", xmp=b"<x>SecretXmp</x>", dpi=(301, 301))
    notes = PngInfo()
    notes.add_text("Author", "SecretAuthor")
    png = saved(tmp_path / "a.png", exif=exif, pnginfo=notes)
    for path in (jpeg, png):
        assert b"Secret" in path.read_bytes()
        ready = prepare(path, tmp_path / "ready.anything")
        assert ready == tmp_path / f"ready{path.suffix}"
        assert b"Secret" not in ready.read_bytes()
        with Image.open(ready) as image:
            assert not image.getexif()
            assert not {"exif", "xmp", "comment", "dpi", "Author"} & image.info.keys()


def test_a_jpeg_keeps_its_full_colours(tmp_path: Path) -> None:
    ready = prepare(saved(tmp_path / "a.jpg"), tmp_path / "ready")
    with Image.open(ready) as image:
        assert image.mode == "RGB"
        assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "LA", "RGBA", "I;16"])
def test_every_kind_of_colour(tmp_path: Path, mode: str) -> None:
    ending = "jpg" if mode == "CMYK" else "png"
    image = Image.new("I;16", (400, 400), 40_000) if mode == "I;16" else painted(400, 400, mode)
    path = saved(tmp_path / f"a.{ending}", image)
    with Image.open(prepare(path, tmp_path / "ready")) as ready:
        assert ready.mode == ("RGBA" if mode in ("LA", "RGBA") else "RGB")
        if mode == "I;16":
            assert ready.getpixel((9, 9)) == (156, 156, 156)


def test_a_transparent_palette_stays_transparent(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", painted(mode="P"), transparency=0)
    assert check(path).has_alpha
    with Image.open(prepare(path, tmp_path / "ready")) as ready:
        assert ready.mode == "RGBA"


def test_wide_colours_are_brought_into_the_usual_ones(tmp_path: Path) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    usual = lab.tobytes()
    same = prepare(saved(tmp_path / "a.png", icc_profile=usual), tmp_path / "same")
    broken = prepare(saved(tmp_path / "b.png", icc_profile=b"no profile"), tmp_path / "broken")
    for path in (same, broken):
        with Image.open(path) as image:
            assert image.getpixel((9, 9)) == (255, 0, 0)
            assert "icc_profile" not in image.info


def test_a_profile_of_another_name_is_applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    monkeypatch.setattr(ImageCms, "getProfileDescription", lambda source: "Display P3")
    for mode in ("RGB", "RGBA"):
        ready = prepare(saved(tmp_path / "a.png", painted(mode=mode), icc_profile=profile), tmp_path / "ready")
        with Image.open(ready) as image:
            assert image.mode == mode
            assert image.getpixel((9, 9))[:3] == pytest.approx((255, 0, 0), abs=3)


def test_a_png_that_would_grow_too_large_becomes_a_jpeg_on_white(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = Image.effect_noise((400, 400), 90).convert("RGBA")
    image.putalpha(0)
    path = saved(tmp_path / "a.png", image)
    monkeypatch.setattr(recoding, "PICTURE_MAX_BYTES", 60_000)
    ready = prepare(path, tmp_path / "ready")
    assert ready.suffix == ".jpg"
    with Image.open(ready) as flat:
        assert flat.getpixel((200, 200)) == (255, 255, 255)


def test_the_quality_gives_way_until_it_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "a.jpg", Image.effect_noise((600, 600), 90).convert("RGB"))
    full = prepare(path, tmp_path / "full").stat().st_size
    monkeypatch.setattr(recoding, "PICTURE_MAX_BYTES", full // 2)
    assert prepare(path, tmp_path / "less").stat().st_size <= full // 2
    monkeypatch.setattr(recoding, "PICTURE_MAX_BYTES", 1000)
    with pytest.raises(PictureError) as raised:
        prepare(path, tmp_path / "none")
    assert raised.value.code == "picture_bytes"


def test_mutants_end_in_our_own_error_or_in_a_good_picture(tmp_path: Path) -> None:
    dice = random.Random(7)
    seeds = []
    for how in ({"format": "JPEG"}, {"format": "JPEG", "progressive": True}, {"format": "PNG"}):
        file = BytesIO()
        painted(320, 320).save(file, **how)
        seeds.append(file.getvalue())
    path = tmp_path / "mutant"
    good = 0
    for number in range(150):
        mutant = bytearray(seeds[number % 3])
        for _ in range(dice.randint(1, 12)):
            mutant[dice.randrange(2, len(mutant))] = dice.randrange(256)
        path.write_bytes(mutant[: dice.randint(20, len(mutant))] if number % 2 else mutant)
        with suppress(PictureError):
            prepare(path, tmp_path / "ready")
            good += 1
    assert 0 < good < 150
