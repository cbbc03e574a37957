"""A picture written anew: plain colours, nothing in it but the picture, small enough to go up."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageCms

from client import unfit
from client.remedies import on_white, smaller
from client.schema import PICTURE_MAX_BYTES, PICTURE_MIN_SIDE

JPEG_QUALITIES: Final = (95, 90, 80, 65, 50)
"""Tried in turn until the file is small enough; almost always the first is."""


def plain_colours(stored: Image.Image, has_alpha: bool) -> Image.Image:
    """RGB or RGBA in sRGB, eight bits, with no word of where it came from."""
    profile = stored.info.get("icc_profile")
    mode = "RGBA" if has_alpha else "RGB"
    if stored.mode.startswith("I"):
        image = stored.point(lambda value: value * (1 / 256), "L").convert(mode)
    elif profile and stored.mode in ("RGB", "RGBA", "CMYK"):
        image = _in_srgb(stored, profile, mode)
    else:
        image = stored.convert(mode)
    image.info = {}
    return image


def encode(image: Image.Image, *, as_png: bool, fewer_pixels: bool = False) -> tuple[str, bytes]:
    """The ending and the bytes of a file small enough for EvoLink: PNG if asked for and possible, otherwise JPEG.

    With `fewer_pixels` the picture is made smaller until it fits, and what is transparent stays so.
    Raises PictureError with the code `picture_bytes`.
    """
    while True:
        size = 0
        for ending, data in _attempts(image, as_png, flat=not (fewer_pixels and image.mode == "RGBA")):
            if (size := len(data)) <= PICTURE_MAX_BYTES:
                return ending, data
        if not fewer_pixels or min(image.size) <= PICTURE_MIN_SIDE:
            raise unfit.too_rich(size)
        image = smaller(image, min(0.9, (PICTURE_MAX_BYTES / size) ** 0.5))


def _attempts(image: Image.Image, as_png: bool, *, flat: bool) -> Iterator[tuple[str, bytes]]:
    if as_png:
        yield ".png", _saved(image, format="PNG")
    if flat or not as_png:
        ground = on_white(image)
        for quality in JPEG_QUALITIES:
            yield ".jpg", _saved(ground, format="JPEG", quality=quality, subsampling=0)


def _saved(image: Image.Image, **how: Any) -> bytes:
    file = BytesIO()
    image.save(file, **how)
    return file.getvalue()


def _in_srgb(stored: Image.Image, profile: bytes, mode: str) -> Image.Image:
    """Cameras write wider colours, which look dull where the profile is not read."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return stored.convert(mode)
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(stored, source, target, outputMode=mode) or stored.convert(mode)
    except (ImageCms.PyCMSError, OSError):
        return stored.convert(mode)
