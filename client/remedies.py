"""What is done to a picture so that EvoLink takes it. Pictures in, pictures out: RGB or RGBA, upright."""

from collections.abc import Collection

from PIL import Image

from client.faults import Remedy, allowed
from client.schema import PICTURE_MAX_RATIO, PICTURE_MIN_SIDE


def remedied(image: Image.Image, remedies: Collection[Remedy], beside: float | None) -> Image.Image:
    """With the remedies that concern what one sees, in their order. `beside`: width divided by height of the shape to
    match; a match is also cropped to the limit and enlarged again when it became too small."""
    if "flatten" in remedies:
        image = on_white(image)
    matched = beside is not None and "match" in remedies
    if beside is not None and matched:
        shape = allowed(beside)
        image = _cut(image, round(image.height * shape), round(image.width / shape))
    if matched or "crop" in remedies:
        longest = int(min(image.size) * PICTURE_MAX_RATIO)
        image = _cut(image, longest, longest)
    if matched or "enlarge" in remedies:
        image = _enlarged(image)
    return image


def on_white(image: Image.Image) -> Image.Image:
    """Without transparency."""
    if image.mode == "RGB":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def smaller(image: Image.Image, part: float) -> Image.Image:
    """With sides of about that part of their length, but none below the limit. The shape stays within the limit."""
    narrow, wide = sorted(image.size)
    short = max(PICTURE_MIN_SIDE, int(narrow * part))
    return _sized(image, short, min(round(wide * short / narrow), int(short * PICTURE_MAX_RATIO)))


def _enlarged(image: Image.Image) -> Image.Image:
    narrow, wide = sorted(image.size)
    if narrow >= PICTURE_MIN_SIDE:
        return image
    return _sized(image, PICTURE_MIN_SIDE, round(wide * PICTURE_MIN_SIDE / narrow))


def _sized(image: Image.Image, short: int, long: int) -> Image.Image:
    size = (short, long) if image.width <= image.height else (long, short)
    return image.resize(size, Image.Resampling.LANCZOS)


def _cut(image: Image.Image, width: int, height: int) -> Image.Image:
    """The middle, no wider and no taller than that."""
    width, height = min(image.width, max(1, width)), min(image.height, max(1, height))
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))
