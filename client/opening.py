"""A picture file opened without trust: only by the readers named here, nothing unpacked, nothing too large.

Blocking work on files: call it in a thread.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from client import unfit
from client.claims import claimed_sizes
from client.errors import PictureError
from client.kinds import HEAD, kind
from client.schema import PICTURE_MAX_PIXELS, PICTURE_MAX_STORED_BYTES

READERS: Final = {
    "AVIF": AvifImageFile,
    "BMP": BmpImageFile,
    "GIF": GifImageFile,
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "TIFF": TiffImageFile,
    "WEBP": WebPImageFile,
}
"""None of them unpacks a picture when it opens it."""

KINDS: Final = frozenset({*READERS, "HEIC"})
"""What can be opened at all."""

UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What sets a picture upright, by its EXIF orientation."""

_ORIENTATION: Final = 0x0112
_NO_PICTURES: Final = frozenset({"text file", "video", "PDF", "ZIP archive", "Photoshop file"})
_SEE_THROUGH: Final = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})


@dataclass(frozen=True)
class Measured:
    """A picture as its header tells. `width` and `height` in pixels as one sees it, upright; `rotated` when the
    stored one lies on its side, mirrored or upside down; `moving` when further pictures follow the first; `lossless`
    when storing it cost no detail."""

    format: str
    width: int
    height: int
    bytes: int
    rotated: bool
    has_alpha: bool
    moving: bool = False
    lossless: bool = False


@dataclass(frozen=True)
class Opened:
    """`image` is not unpacked yet; `turn` is what will set it upright then, if its reader does not do so itself."""

    image: Image.Image
    measured: Measured
    turn: Image.Transpose | None


@contextmanager
def opened(path: Path, kinds: Collection[str] = KINDS) -> Iterator[Opened]:
    """Reads no more than the header. What goes wrong inside the block, where it is unpacked, counts as damage.

    Raises PictureError with the codes `picture_empty`, `picture_type`, `picture_bytes`, `picture_pixels`,
    `picture_damaged`.
    """
    size = path.stat().st_size
    found, head = _kind(path, size, kinds)
    try:
        for width, height in claimed_sizes(path, found, head):
            _check_pixels(width, height)
        with _read(path, found) as image:
            yield _measured(image, found, size, head)
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise unfit.endless() from error
    except Exception as error:  # the readers raise many kinds for damaged files
        raise unfit.damaged() from error


def _kind(path: Path, size: int, kinds: Collection[str]) -> tuple[str, bytes]:
    if not size:
        raise unfit.empty()
    with path.open("rb") as file:
        head = file.read(HEAD)
    found = kind(head)
    if found is None:
        raise unfit.unknown()
    if found not in kinds:
        raise unfit.no_picture(found) if found in _NO_PICTURES else unfit.other_kind(found)
    if size > PICTURE_MAX_STORED_BYTES:
        raise unfit.too_heavy(size)
    return found, head


def _read(path: Path, found: str) -> Image.Image:
    if found == "HEIC":
        # Loaded when first needed; and not registered with Pillow, whose other users know nothing of it.
        from pillow_heif import HeifImageFile

        reader: Callable[[Path], Image.Image] = HeifImageFile
        return reader(path)
    return READERS[found](path)


def _measured(image: Image.Image, found: str, size: int, head: bytes) -> Opened:
    orientation = _orientation(image)
    # A HEIC's own turn has been taken into account when it comes here, and the camera's word must not count again.
    turn = None if found == "HEIC" else UPRIGHT.get(orientation)
    # A TIFF stands upright once it is unpacked, and tells its size accordingly.
    width, height = image.size[::-1] if orientation >= 5 and found not in ("HEIC", "TIFF") else image.size
    _check_pixels(width, height)
    has_alpha = image.mode in _SEE_THROUGH or "transparency" in image.info
    moving = found in ("GIF", "WEBP", "PNG", "AVIF") and bool(getattr(image, "is_animated", False))
    lossless = found in ("PNG", "GIF", "BMP", "TIFF") or head[12:16] == b"VP8L"
    measured = Measured(found, width, height, size, turn is not None, has_alpha, moving, lossless)
    return Opened(image, measured, None if found == "TIFF" else turn)


def _check_pixels(width: int, height: int) -> None:
    if width * height > PICTURE_MAX_PIXELS:
        raise unfit.too_many_pixels(width, height)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8, without unpacking the picture; 1 when there is none or it makes no sense."""
    try:
        # PNG's own `getexif` would unpack the whole picture to look behind it.
        turn = Image.Image.getexif(image).get(_ORIENTATION)
    except Exception:
        return 1
    return turn if isinstance(turn, int) and turn in UPRIGHT else 1
