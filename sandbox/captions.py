"""The caption that nobody takes for the model's work: what the film is, and the prompt's first words."""

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from sandbox.lettering import Font, own_font, written
from sandbox.planes import Bytes, parts

WIDEST: Final = 0.6
"""Share of the frame's width that the caption may take."""
_SHADE, _SHADE_OPACITY, _WORDS_OPACITY = 24, 0.55, 0.86
_WHITE, _NEUTRAL = 235, 128


class Caption:
    """White words on a soft dark pill at the bottom left, ready to be laid over frames of one size."""

    def __init__(self, prompt: str, size: tuple[int, int], label: str) -> None:
        short = min(size)
        height = max(12, round(short * 0.024))
        margin = _even(short * 0.045)
        label_font = own_font(height)
        words, words_font = written(prompt, height, size[0] * WIDEST - label_font.getlength(label))
        pill, text = _masks(label, label_font, words, words_font, height)
        self._left, self._top = margin, size[1] - margin - pill.shape[0]
        shade = pill * _SHADE_OPACITY
        keep = (1 - shade) * (1 - text)
        self._luma = _Overlay(keep, shade * (1 - text) * _SHADE + text * _WHITE)
        coarse = keep.reshape(keep.shape[0] // 2, 2, keep.shape[1] // 2, 2).mean(axis=(1, 3))
        self._chroma = _Overlay(coarse[..., None], (1 - coarse[..., None]) * _NEUTRAL)

    def draw(self, frame: Bytes) -> None:
        """Lay the caption over a frame, touching nothing but its own rectangle."""
        luma, chroma = parts(frame)
        self._luma.lay(luma, self._left, self._top)
        self._chroma.lay(chroma, self._left // 2, self._top // 2)


class _Overlay:
    """What stays of a plane, and what is added to it."""

    def __init__(self, keep: np.ndarray, add: np.ndarray) -> None:
        self._keep = (keep * 256).round().astype(np.uint16)
        self._add = (add * 256 + 128).astype(np.uint16)

    def lay(self, plane: Bytes, left: int, top: int) -> None:
        height, width = self._keep.shape[:2]
        place = plane[top : top + height, left : left + width]
        place[:] = (place * self._keep + self._add) >> 8


def _masks(label: str, label_font: Font, words: str, words_font: Font, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Opacity from 0 to 1 of the pill and of the text, over the caption's rectangle of even size."""
    inside, gap = round(height * 0.85), round(height * 0.75)
    reach = inside + label_font.getlength(label)
    width = reach + inside + (gap + words_font.getlength(words) if words else 0)
    box = _even(width), _even(height * 2.1)
    pill = Image.new("L", (box[0] * 4, box[1] * 4))
    ImageDraw.Draw(pill).rounded_rectangle((0, 0, box[0] * 4 - 1, box[1] * 4 - 1), radius=box[1] * 2, fill=255)
    text = Image.new("L", box)
    draw = ImageDraw.Draw(text)
    middle = box[1] / 2
    draw.text((inside, middle), label, font=label_font, fill=255, anchor="lm")
    if words:
        draw.text((reach + gap, middle), words, font=words_font, fill=round(255 * _WORDS_OPACITY), anchor="lm")
    return np.asarray(pill.reduce(4)) / 255, np.asarray(text) / 255


def _even(length: float) -> int:
    return round(length / 2) * 2
