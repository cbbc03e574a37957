"""A picture as BT.709 planes that can be looked at through a moving window, to a fraction of a pixel.

Bilinear sampling is separable: first along x for every row of the picture, then along y. Both steps gather whole rows,
which is as fast as copying memory; the planes are kept turned by a quarter so that columns are rows in the first step.
Numbers are fixed point in uint16, where differences wrap round and come out right.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sandbox.moves import Window

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint16]
Indices = NDArray[np.intp]

# RGB to Y, Cb, Cr, BT.709, limited range, with the offsets in the fourth column.
_RED, _BLUE = 0.2126, 0.0722
_GREEN = 1 - _RED - _BLUE
_LUMA, _CHROMA = 219 / 255, 112 / 255
BT709: Final = (
    *(_LUMA * _RED, _LUMA * _GREEN, _LUMA * _BLUE, 16.0),
    *(-_CHROMA * _RED / (1 - _BLUE), -_CHROMA * _GREEN / (1 - _BLUE), _CHROMA, 128.0),
    *(_CHROMA, -_CHROMA * _GREEN / (1 - _RED), -_CHROMA * _BLUE / (1 - _RED), 128.0),
)

FINER: Final = 1.06
"""How much finer than the frame a picture is kept. At exactly 1 a slow pan would be sharp and soft in turn."""

_MIDDLE, _LEFT = 0.5, 0.25
"""Where in its cell a sample sits: H.264 places chroma on the left one of two luma columns, between two rows."""

_ROUNDING: Final = 255
"""The first step rounds up and the second down: right on average, and exact where the picture is flat."""


def blank(size: tuple[int, int]) -> Bytes:
    """An uninitialised frame of that width and height, as NV12: the rows of Y, then half as many of U and V in turn."""
    width, height = size
    return np.empty((height * 3 // 2, width), np.uint8)


def parts(frame: Bytes) -> tuple[Bytes, Bytes]:
    """Views of a frame: Y, of height by width; U and V, of half of each by 2."""
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    return frame[:height], frame[height:].reshape(height // 2, width // 2, 2)


def fine(size: tuple[int, int], share: float) -> tuple[int, int]:
    """The even size a picture should have so that a window of that share fills a frame of `size` sharply."""
    return round(size[0] * FINER / share / 2) * 2, round(size[1] * FINER / share / 2) * 2


class Planes:
    """A picture of any size made ready to be sampled into frames of `size`, through windows of `share` or more."""

    def __init__(self, picture: Image.Image, size: tuple[int, int], share: float) -> None:
        luma, blue, red = picture.convert("RGB", BT709).split()
        width, height = size
        whole = fine(size, share)
        half = whole[0] // 2, whole[1] // 2
        self._luma = _Sheet([_resized(luma, whole)], (width, height), _MIDDLE)
        self._chroma = _Sheet([_resized(blue, half), _resized(red, half)], (width // 2, height // 2), _LEFT)

    def look(self, through: Window, into: Bytes) -> None:
        """Fill the frame with what the window shows."""
        luma, chroma = parts(into)
        self._luma.sample(through, luma)
        self._chroma.sample(through, chroma.reshape(chroma.shape[0], -1))


class _Sheet:
    """Samples for the two bytes of each pair in a row of the frame: two pixels of Y, or one of U and one of V."""

    def __init__(self, planes: list[Image.Image], size: tuple[int, int], siting: float) -> None:
        width, height = size
        self._columns, self._rows = planes[0].size
        turned = np.concatenate([np.asarray(plane).T for plane in planes]).astype(np.uint16, order="C")
        self._base = turned << 8 | np.uint16(_ROUNDING)
        self._slope = turned[1:] - turned[:-1]
        row = width * len(planes)
        self._narrow: Bytes = np.empty((self._rows, row), np.uint8)
        # Blocks small enough to stay in the cache from one operation to the next.
        self._block, self._band = max(8, 2**17 // self._rows), max(8, 2**17 // row)
        order = _in_blocks(row // 2, self._block)
        plane, column = (order % len(planes), order // len(planes))
        self._plane_begins = plane * self._columns
        self._across = (column + siting) / width * self._columns
        self._down = (np.arange(height) + _MIDDLE) / height * self._rows

    def sample(self, through: Window, into: Bytes) -> None:
        left, weight = _taps(self._across, self._columns, through.left, through.share)
        self._sample_across(left + self._plane_begins, weight)
        self._sample_down(*_taps(self._down, self._rows, through.top, through.share), into)

    def _sample_across(self, left: Indices, weight: Words) -> None:
        """Every row of the picture at the columns of the frame, turned back: pairs of bytes as one word."""
        pairs = self._narrow.view("<u2")
        first, second = np.empty((2, 2 * self._block, self._rows), np.uint16)
        for start in range(0, left.size, 2 * self._block):
            block = slice(start, start + 2 * self._block)
            count = left[block].size
            values, steps = first[:count], second[:count]
            self._base.take(left[block], axis=0, out=values, mode="clip")
            self._slope.take(left[block], axis=0, out=steps, mode="clip")
            steps *= weight[block, None]
            values += steps
            low, high = values[: count // 2], values[count // 2 :]
            low >>= 8
            high &= 0xFF00
            low |= high
            pairs[:, start // 2 : (start + count) // 2] = low.T

    def _sample_down(self, above: Indices, weight: Words, into: Bytes) -> None:
        first, second = np.empty((2, self._band, self._narrow.shape[1]), np.uint16)
        for start in range(0, into.shape[0], self._band):
            rows = slice(start, start + self._band)
            count = above[rows].size
            upper, lower = first[:count], second[:count]
            np.multiply(self._narrow.take(above[rows], axis=0), 256 - weight[rows, None], out=upper)
            np.multiply(self._narrow.take(above[rows] + 1, axis=0), weight[rows, None], out=lower)
            upper += lower
            upper >>= 8
            np.copyto(into[rows], upper, casting="unsafe")


def _in_blocks(pairs: int, block: int) -> Indices:
    """The order in which the bytes of a row are made: for each block the low bytes of its pairs, then the high ones."""
    starts = range(0, pairs, block)
    return np.concatenate(
        [np.arange(2 * start, 2 * min(start + block, pairs)).reshape(-1, 2).T.ravel() for start in starts]
    )


def _resized(plane: Image.Image, size: tuple[int, int]) -> Image.Image:
    return plane if plane.size == size else plane.resize(size, Image.Resampling.BICUBIC)


def _taps(grid: NDArray[np.float64], samples: int, start: float, share: float) -> tuple[Indices, Words]:
    """For each place along a window: the sample before it, and the weight (0 to 256) of the one after it.

    `grid` gives the places for a window on all of the samples, which sit in the middle of their cells.
    """
    places = np.clip(grid * share + (start * samples - 0.5), 0, samples - 1)
    before = np.minimum(places.astype(np.intp), samples - 2)
    return before, ((places - before) * 256 + 0.5).astype(np.uint16)
