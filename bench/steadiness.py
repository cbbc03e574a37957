"""How steadily a camera moves: frames against the picture itself, resampled for the camera's exact place.

Least squares over the gradients of a patch gives how far it lies off, to about a thousandth of a pixel. The second
difference of that, frame over frame, is how much a point trembles.
"""

import random
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from sandbox.moves import Window
from sandbox.planes import BT709

Plane = NDArray[np.float32]


def trembling(picture: Image.Image, windows: Iterable[Window], lumas: Iterable[NDArray[np.uint8]]) -> Plane:
    """Second differences, across and down in pixels, of the way of one point of a picture of the frames' shape."""
    luma = picture.convert("RGB", BT709).getchannel(0).convert("F")
    return np.diff([_off(*_patches(luma, through, frame)) for through, frame in zip(windows, lumas, strict=True)], 2, 0)


def leaves(size: tuple[int, int]) -> Image.Image:
    """A picture with the statistics of a photograph: discs of all sizes lying over each other. Always the same."""
    chance = random.Random(7)
    picture = Image.new("RGB", size, (110, 110, 110))
    draw = ImageDraw.Draw(picture)
    for _ in range(14_000):
        across, down = chance.uniform(0, size[0]), chance.uniform(0, size[1])
        radius = min(4 / (1 - chance.random()) ** 0.5, size[1] / 4)
        light = chance.uniform(25, 230)
        colour = tuple(round(min(max(light + chance.uniform(-35, 35), 0), 255)) for _ in range(3))
        draw.ellipse((across - radius, down - radius, across + radius, down + radius), fill=colour)
    return picture.filter(ImageFilter.GaussianBlur(1.0))


def _patches(picture: Image.Image, through: Window, frame: NDArray[np.uint8]) -> tuple[Plane, Plane]:
    """A part of the frame left above its middle, and what the window shows of the picture there."""
    height, width = frame.shape
    top, bottom, left, right = height // 4, height // 2, width // 4, width * 3 // 8
    box = (
        (through.left + through.share * left / width) * picture.width,
        (through.top + through.share * top / height) * picture.height,
        (through.left + through.share * right / width) * picture.width,
        (through.top + through.share * bottom / height) * picture.height,
    )
    expected = picture.resize((right - left, bottom - top), Image.Resampling.BICUBIC, box=box)
    return frame[top:bottom, left:right].astype(np.float32), np.asarray(expected)


def _off(patch: Plane, expected: Plane) -> Plane:
    """By how many pixels (across, down) a patch lies off what was expected, whatever the brightness and contrast."""
    down, across = np.gradient(expected.astype(float))
    terms = np.stack([-across, -down, expected, np.ones_like(expected)]).reshape(4, -1)
    found = np.linalg.solve(terms @ terms.T, terms @ patch.ravel())
    return np.asarray(found[:2] / found[2], np.float32)
