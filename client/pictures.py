"""Pictures before they go up: examined, checked against EvoLink's limits, and made fit.

Blocking work on files: call it in a thread. The file itself is never changed.
"""

from collections.abc import Collection
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from client.faults import Examined, Remedy, judged, refuse_hopeless
from client.opening import Measured, Opened, opened
from client.recoding import encode, plain_colours
from client.remedies import remedied
from client.schema import PICTURE_FORMATS, PICTURE_MAX_BYTES

_SQUARE: Final = 12
"""Pixels of a square in the pattern that stands for what is transparent."""


def examine(path: Path, *, beside: float | None = None) -> Examined:
    """What is wrong with a picture and what would help, from its header alone.

    `beside`: width divided by height of the first frame, for a picture that goes with one. Raises PictureError for
    what cannot be helped: `picture_empty`, `picture_type`, `picture_damaged`, `picture_pixels`, `picture_bytes` far
    beyond the limit, `picture_small` far below it.
    """
    with opened(path) as picture:
        refuse_hopeless(picture.measured)
        return judged(picture.measured, beside)


def check(path: Path) -> Measured:
    """Measures, and refuses what EvoLink would not take as it is. Nothing but JPEG and PNG is opened.

    Raises PictureError with the codes of `examine`, and `picture_shape`.
    """
    with opened(path, PICTURE_FORMATS) as picture:
        _refuse(judged(picture.measured))
        return picture.measured


def prepare(path: Path, target: Path, remedies: Collection[Remedy] = (), *, beside: float | None = None) -> Path:
    """Writes the picture anew beside `target`, with the ending `.jpg` or `.png`, and tells where.

    It stands upright, and camera data, place and comments stay behind. Raises PictureError as `examine` does, for a
    blocking fault whose remedy is not among `remedies`, and when the picture only now turns out damaged.
    """
    with opened(path) as picture:
        refuse_hopeless(picture.measured)
        # Whatever is cut to the shape of the first frame is also cut to the limit.
        also: set[Remedy] = {"crop"} if beside is not None and "match" in remedies else set()
        _refuse(judged(picture.measured), {*remedies, *also})
        image = _drawn(picture, remedies, beside)
        as_png = image.mode == "RGBA" or (picture.measured.lossless and not _full_png(picture.measured))
        ending, data = encode(image, as_png=as_png, fewer_pixels="shrink" in remedies)
    ready = target.with_suffix(ending)
    ready.write_bytes(data)
    check(ready)
    return ready


def thumbnail(
    path: Path, remedies: Collection[Remedy] = (), *, beside: float | None = None, longest: int = 320
) -> bytes:
    """A small JPEG, `longest` pixels at most, of the picture as it would be sent with these remedies.

    Without any it is the picture as it was chosen, of whatever kind. What is transparent shows a pattern of squares.
    Raises PictureError as `examine` does, but for the size.
    """
    with opened(path) as picture:
        if picture.measured.format == "JPEG":
            # Unpacked at a fraction of its size. A HEIC would show a picture stored beside it instead.
            picture.image.draft("RGB", (2 * longest, 2 * longest))
        small = _drawn(picture, remedies, beside)
    small.thumbnail((longest, longest))
    if small.mode == "RGBA":
        ground = _squares(small.size)
        ground.paste(small, mask=small.getchannel("A"))
        small = ground
    file = BytesIO()
    small.save(file, "JPEG", quality=85)
    return file.getvalue()


def _refuse(examined: Examined, remedies: Collection[Remedy] = ()) -> None:
    for fault in examined.blocking:
        if fault.remedy not in remedies:
            raise fault.error()


def _full_png(picture: Measured) -> bool:
    """A PNG over the limit: it would take long to become one again, and hardly ever a smaller one."""
    return picture.format == "PNG" and picture.bytes > PICTURE_MAX_BYTES


def _drawn(picture: Opened, remedies: Collection[Remedy], beside: float | None) -> Image.Image:
    image = plain_colours(picture.image, picture.measured.has_alpha)
    return remedied(image if picture.turn is None else image.transpose(picture.turn), remedies, beside)


def _squares(size: tuple[int, int]) -> Image.Image:
    ground = Image.new("RGB", size, "white")
    brush = ImageDraw.Draw(ground)
    for top in range(0, size[1], _SQUARE):
        for left in range(top // _SQUARE % 2 * _SQUARE, size[0], 2 * _SQUARE):
            brush.rectangle((left, top, left + _SQUARE - 1, top + _SQUARE - 1), fill="#dcdcdc")
    return ground
