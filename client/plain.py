"""Text of strangers made harmless: nothing in it steers a terminal, turns a line around, or hides."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

MOST: Final = 2000
"""Characters that are looked at where nobody says otherwise."""

_STEERING: Final = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]")
"""What a terminal obeys, from its first mark to its last."""
_BREAKS: Final = ("Cc", "Zl", "Zp")
_HIDDEN: Final = ("Cf", "Cs")
_JOINERS: Final = "\u200c\u200d"
_LATIN_GREEK_CYRILLIC: Final = "\u0600"
"""No letter before this one needs a joiner; there a joiner only makes two words out of what looks like one."""


def plain(text: str, most: int | None = MOST, *, lines: bool = False) -> str:
    """The text on one line, at most so many characters long; `lines` keeps its lines and its blanks as they are.

    Joiners stay where emoji and scripts are written with them.
    """
    text = _STEERING.sub("", text if most is None else text[: 2 * most])
    kept = text if text.isprintable() else "".join(_kept(text, keep="\n\t" if lines else ""))
    if not lines:
        kept = re.sub(" {2,}", " ", kept).strip(" ")
    return kept if most is None or len(kept) <= most else f"{kept[: most - 1]}…"


def _kept(text: str, keep: str) -> Iterator[str]:
    for place, mark in enumerate(text):
        kind = unicodedata.category(mark)
        if kind in _BREAKS:
            yield mark if mark in keep else " "
        elif kind not in _HIDDEN or _joins(text, place):
            yield mark


def _joins(text: str, place: int) -> bool:
    around = text[max(0, place - 1) : place] + text[place + 1 : place + 2]
    return text[place] in _JOINERS and len(around) == 2 and all(map(_may_be_joined, around))


def _may_be_joined(mark: str) -> bool:
    return mark >= _LATIN_GREEK_CYRILLIC and unicodedata.category(mark) not in (*_HIDDEN, *_BREAKS)
