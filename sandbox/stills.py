"""Pictures as they come: measured, opened, turned upright, cut to shape."""

import colorsys
import io
import random
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageCms, ImageOps

from sandbox.errors import RenderError

MOST_PIXELS: Final = 100_000_000
QUIET: Final = (236, 234, 230)
"""What shows through a transparent picture."""

_ORIENTATION: Final = 0x0112


def shape(path: Path) -> tuple[int, int]:
    """Width and height of a picture held upright, from its header alone. Raises RenderError."""
    with _opened(path) as picture:
        return _upright_size(picture)


def cut(path: Path, aspect: float, size: tuple[int, int]) -> Image.Image:
    """The largest middle part with the aspect (width / height), in sRGB, no larger than `size`. Raises RenderError."""
    with _opened(path) as picture:
        profile = picture.info.get("icc_profile")
        # A JPEG can be decoded at a fraction of its size; what is left covers the size asked for.
        picture.draft("RGB", size if _upright_size(picture) == picture.size else size[::-1])
        upright = _plain(ImageOps.exif_transpose(picture))
        width, height = upright.size
        kept_width, kept_height = min(width, height * aspect), min(height, width / aspect)
        left, top = (width - kept_width) / 2, (height - kept_height) / 2
        box = (left, top, left + kept_width, top + kept_height)
        smaller = min(size[0], round(kept_width)), min(size[1], round(kept_height))
        return _srgb(upright.resize(smaller, Image.Resampling.LANCZOS, box=box, reducing_gap=2.0), profile)


def backdrop(prompt: str, size: tuple[int, int]) -> Image.Image:
    """A quiet gradient for a film without pictures. The prompt chooses its colours."""
    hue = random.Random(zlib.crc32(prompt.encode())).random()
    tones = ((0.00, 0.66, 0.30), (0.06, 0.56, 0.32), (0.10, 0.46, 0.30), (0.18, 0.34, 0.34))
    colours = [[round(255 * part) for part in colorsys.hls_to_rgb((hue + turn) % 1, *tone)] for turn, *tone in tones]
    corners = np.array(colours, np.uint8).reshape(2, 2, 3)
    # Half a cell off on every side, so that the corners of the picture have the corners' colours.
    return Image.fromarray(corners).resize(size, Image.Resampling.BILINEAR, box=(0.5, 0.5, 1.5, 1.5))


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise RenderError("image_processing_error", "The input image has too many pixels.")
            yield picture
    # Pillow's decoders let all of these out when a file is damaged.
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise RenderError("image_processing_error", "The input image could not be read.") from error


def _upright_size(picture: Image.Image) -> tuple[int, int]:
    sideways = picture.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
    return picture.size[::-1] if sideways else picture.size


def _plain(picture: Image.Image) -> Image.Image:
    """RGB or CMYK: without palette, transparency and 16-bit depth."""
    if picture.mode.startswith("I"):
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        above = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", above.size, (*QUIET, 255)), above).convert("RGB")
    return picture if picture.mode in ("RGB", "CMYK") else picture.convert("RGB")


def _srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source, target = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            converted = None  # a profile that does not fit the picture is worth no failed film
        if converted:
            return converted
    return picture.convert("RGB")
