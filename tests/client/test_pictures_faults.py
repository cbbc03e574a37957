from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from client import opening
from client.errors import PictureError
from client.faults import ORDER, Examined, Fault, judged
from client.opening import Measured
from client.pictures import check, examine
from tests.client.drawn import of, png

FIT = Measured("JPEG", 640, 480, 90_000, rotated=False, has_alpha=False)


def codes(examined: Examined) -> list[str]:
    return [fault.code for fault in examined.faults]


def only(**changed: Any) -> Fault:
    (fault,) = judged(replace(FIT, **changed)).faults
    return fault


def written(path: Path, form: str, image: Image.Image | None = None, **how: object) -> Path:
    path.write_bytes(of(image or Image.new("RGB", (640, 480), "red"), form, **how))
    return path


def moving(path: Path, form: str) -> Path:
    colours = [Image.new("RGB", (320, 320), colour) for colour in ("red", "blue")]
    return written(path, form, colours[0], save_all=True, append_images=colours[1:])


def test_a_fit_picture_has_no_fault() -> None:
    examined = judged(FIT, beside=4 / 3)
    assert (examined.faults, examined.blocking, examined.remedies) == ((), (), ())


@pytest.mark.parametrize("kind", ["WEBP", "HEIC", "AVIF", "GIF", "BMP", "TIFF"])
def test_another_kind_is_to_be_converted(tmp_path: Path, kind: str) -> None:
    examined = examine(written(tmp_path / "a", kind))
    (fault,) = examined.faults
    assert (fault.code, fault.remedy, fault.blocking) == ("picture_type", "convert", True)
    assert fault.values == {"format": kind}
    assert fault.sentence == f"This is a picture of the kind {kind}, which EvoLink does not take. Choose a JPG or PNG."
    assert (examined.measured.format, examined.measured.width, examined.measured.height) == (kind, 640, 480)


@pytest.mark.parametrize(("kind", "blocking"), [("GIF", True), ("WEBP", True), ("AVIF", True), ("PNG", False)])
def test_what_moves_is_said_to_move(tmp_path: Path, kind: str, blocking: bool) -> None:
    examined = examine(moving(tmp_path / "a", kind))
    fault = examined.faults[-1]
    assert (fault.code, fault.remedy, fault.blocking) == ("picture_moving", "convert", blocking)
    assert fault.values == {"format": kind}
    assert fault.sentence == f"This {kind} moves; only the first of its pictures is used."
    assert examined.remedies == ("convert",)


@pytest.mark.parametrize(
    ("changed", "code", "values", "remedy"),
    [
        ({"bytes": 12_340_000}, "picture_bytes", {"bytes": 12_340_000, "megabytes": 12.3, "limit": 10.0}, "shrink"),
        ({"bytes": 10_000_001}, "picture_bytes", {"bytes": 10_000_001, "megabytes": 10.1, "limit": 10.0}, "shrink"),
        ({"width": 299}, "picture_small", {"width": 299, "height": 480, "limit": 300}, "enlarge"),
        ({"width": 1201}, "picture_shape", {"width": 1201, "height": 480, "limit": 2.5}, "crop"),
    ],
)
def test_what_evolink_would_not_take_blocks(
    changed: dict[str, int], code: str, values: dict[str, float], remedy: str
) -> None:
    fault = only(**changed)
    assert (fault.code, fault.values, fault.remedy, fault.blocking) == (code, values, remedy, True)
    error = fault.error()
    assert (str(error), error.code, error.values) == (fault.sentence, code, values)


def test_a_turned_picture_is_only_spoken_of() -> None:
    fault = only(rotated=True)
    assert (fault.code, fault.remedy, fault.blocking) == ("picture_turned", None, False)
    assert judged(replace(FIT, rotated=True)).remedies == ()


def test_a_transparent_picture_may_be_flattened() -> None:
    fault = only(has_alpha=True)
    assert (fault.code, fault.remedy, fault.blocking) == ("picture_transparent", "flatten", False)


@pytest.mark.parametrize(
    ("beside", "matches"), [(4 / 3, True), (1.31, True), (1.36, True), (1.3, False), (1.4, False), (0.75, False)]
)
def test_another_shape_than_the_picture_beside_it(beside: float, matches: bool) -> None:
    faults = judged(FIT, beside).faults
    assert (not faults) is matches
    if faults:
        assert (faults[0].code, faults[0].remedy, faults[0].blocking) == ("picture_mismatch", "match", False)
        assert faults[0].sentence == "This picture is 640 × 480 pixels, which is another shape than the first frame."


@pytest.mark.parametrize("beside", [2.5, 3.0, 99.0])
def test_the_shape_to_match_is_one_that_can_be_sent(beside: float) -> None:
    assert judged(replace(FIT, width=1200), beside).faults == ()


def test_remedies_come_once_each_in_the_order_in_which_they_are_applied() -> None:
    worst = Measured("GIF", 150, 900, 20_000_000, rotated=True, has_alpha=True, moving=True)
    assert judged(worst, beside=1.0).remedies == ORDER
    assert len(judged(worst, beside=1.0).faults) == 8
    assert [fault.code for fault in judged(worst).blocking] == [
        "picture_type",
        "picture_moving",
        "picture_bytes",
        "picture_small",
        "picture_shape",
    ]


@pytest.mark.parametrize(("width", "height"), [(99, 400), (400, 99), (1, 1)])
def test_what_is_too_small_to_enlarge_cannot_be_helped(tmp_path: Path, width: int, height: int) -> None:
    path = written(tmp_path / "a", "PNG", Image.new("RGB", (width, height)))
    with pytest.raises(PictureError) as raised:
        examine(path)
    assert raised.value.code == "picture_small"
    assert raised.value.values == {"width": width, "height": height, "limit": 300}


def test_a_hundred_pixels_are_enough_to_enlarge(tmp_path: Path) -> None:
    assert codes(examine(written(tmp_path / "a", "PNG", Image.new("RGB", (100, 100))))) == ["picture_small"]


def test_a_file_too_large_to_work_on_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a", "PNG")
    monkeypatch.setattr(opening, "PICTURE_MAX_STORED_BYTES", path.stat().st_size)
    assert codes(examine(path)) == []
    with path.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(PictureError) as raised:
        examine(path)
    assert raised.value.code == "picture_bytes"


@pytest.mark.parametrize(
    ("content", "code", "values"),
    [
        (b"", "picture_empty", {}),
        (b"\0\1\2\3", "picture_type", {}),
        (b"%PDF-1.7", "picture_type", {"file": "PDF"}),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "picture_type", {"file": "video"}),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture_type", {"format": "SVG"}),
        (b"GIF89a nothing", "picture_damaged", {}),
        (png(9000, 9000), "picture_pixels", {"width": 9000, "height": 9000, "limit": 40}),
    ],
)
def test_what_cannot_be_helped_is_refused(tmp_path: Path, content: bytes, code: str, values: dict[str, Any]) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(PictureError) as raised:
        examine(path)
    assert (raised.value.code, raised.value.values) == (code, values)


def test_a_picture_of_untold_size_names_the_limit(tmp_path: Path) -> None:
    gif = of(Image.new("P", (120, 104)), "GIF")
    path = tmp_path / "a"
    path.write_bytes(gif.replace(b"\x2c\0\0\0\0\x78\0\x68\0", b"\x2c\0\0\0\0" + b"\xff" * 4))
    with pytest.raises(PictureError) as raised:
        examine(path)
    assert (raised.value.code, raised.value.values) == ("picture_pixels", {"limit": 40})


def test_checking_opens_nothing_but_what_evolink_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a", "AVIF")
    monkeypatch.setattr(opening, "claimed_sizes", lambda *_: pytest.fail("It was opened."))
    with pytest.raises(PictureError) as raised:
        check(path)
    assert (raised.value.code, raised.value.values) == ("picture_type", {"format": "AVIF"})


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF", "AVIF"])
def test_size_is_told_upright_whatever_the_kind(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    measured = examine(written(tmp_path / "a", kind, exif=exif)).measured
    assert (measured.width, measured.height, measured.rotated) == (480, 640, True)


def test_a_heics_own_turn_counts_once(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    measured = examine(written(tmp_path / "a", "HEIC", exif=exif.tobytes())).measured
    assert (measured.width, measured.height) == (480, 640)
    assert measured.rotated is False


@pytest.mark.parametrize(("kind", "sees_through"), [("WEBP", True), ("HEIC", True), ("AVIF", True), ("BMP", False)])
def test_transparency_is_seen_in_the_header(tmp_path: Path, kind: str, sees_through: bool) -> None:
    image = Image.new("RGBA" if sees_through else "RGB", (320, 320))
    assert examine(written(tmp_path / "a", kind, image)).measured.has_alpha is sees_through
