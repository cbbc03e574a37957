"""What of a prompt is written in a caption: its first words, and a font of this computer that has their letters."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from PIL import ImageFont

Font = ImageFont.FreeTypeFont

FALLBACKS: Final = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "Arial.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "STHeiti Light.ttc",
    "Arial Unicode.ttf",
    "msyh.ttc",
    "meiryo.ttc",
    "YuGothR.ttc",
    "msgothic.ttc",
)
"""Looked for on this computer when Pillow's own font, which knows little more than ASCII, lacks a letter: the usual
ones of Linux, macOS and Windows, those with Chinese and Japanese letters last."""

_BLANKLESS: Final = "\u2e80-\ud7ff\uf900-\ufaff\ufe30-\uffef\U00020000-\U0003ffff"
"""Letters of scripts that part their words by no blanks, as a range of a regular expression."""
_PLAIN: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "«": '"', "»": '"'}
    | dict.fromkeys("¿¡", "")
)
_PIECE: Final = re.compile(rf" ?(?:[{_BLANKLESS}]|[^ {_BLANKLESS}]+)")


def clean(prompt: str) -> str:
    """The prompt as a person reads it, on one line, with references as words."""
    named = re.sub(r"<<<(image|element)_(\d+)>>>", r"\1 \2", prompt)
    return " ".join(named.replace("–", "-").replace("—", "-").replace("…", "...").split())


def own_font(height: int) -> Font:
    """Pillow's own, which is there on every computer. `height` in pixels."""
    font = ImageFont.load_default(size=height)
    assert isinstance(font, Font), "Pillow without FreeType cannot write at a size"
    return font


def written(prompt: str, height: int, room: float) -> tuple[str, Font]:
    """As many of the prompt's first words as there is room for, and a font that has all their letters; or nothing.

    `height` and `room` in pixels.
    """
    text, font = _writable(clean(prompt)[:200], height)
    room -= 3 * height
    if font.getlength(text) <= room:
        return text, font
    kept = _PIECE.findall(text)
    while kept and font.getlength(_cut(kept)) > room:
        kept.pop()
    return (_cut(kept) if kept else ""), font


def _writable(text: str, height: int) -> tuple[str, Font]:
    """The text and a font that has all its letters; without accents if need be; or no text at all."""
    for font in _fonts(height):
        if _has_letters(font, text):
            return text, font
    own, plain = own_font(height), _without_accents(text)
    return (plain if _has_letters(own, plain) else ""), own


def _without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    return "".join(part for part in parts if not unicodedata.combining(part))


def _cut(pieces: list[str]) -> str:
    return "".join(pieces).rstrip(",.;:- 、。，；：") + "..."


def _fonts(height: int) -> Iterator[Font]:
    yield own_font(height)
    for name in FALLBACKS:
        with suppress(OSError):
            yield ImageFont.truetype(name, round(height * 0.92))


def _has_letters(font: Font, text: str) -> bool:
    missing = _ink(font, "\U0010fffe")
    return all(_ink(font, letter) != missing for letter in set(text) if not letter.isspace())


def _ink(font: Font, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(letter)
    return mask.size, bytes(mask)
