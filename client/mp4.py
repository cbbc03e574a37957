"""As much of the MP4 format as tells a whole video from something else, and how long it lasts."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

HEAD: Final = 12
"""Bytes that `is_mp4` needs."""

MOST_BOXES: Final = 10_000
"""A clip has a dozen, or some hundreds when it comes in fragments; a file made to keep us busy could have millions."""


class _Box(NamedTuple):
    """`start` and `end` of what is inside; the end is the box's word, which may reach beyond the file."""

    kind: bytes
    start: int
    end: int


def is_mp4(head: bytes) -> bool:
    """Whether the first twelve bytes are those of an MP4."""
    return len(head) >= HEAD and head[4:8] == b"ftyp"


def is_whole(path: Path) -> bool:
    """Whether the boxes of an MP4 end where the file ends, as they do not when it was cut off. Raises OSError."""
    size = path.stat().st_size
    place = 0
    with path.open("rb") as file:
        for box in _boxes(file, 0, size):
            place = box.end
    return place == size


def duration(path: Path) -> float | None:
    """Seconds that a film says it lasts: 0 when it does not say, None when the file holds no film. Raises OSError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        film = _find(file, b"moov", 0, size)
        header = film and _find(file, b"mvhd", film.start, min(film.end, size))
        if not header:
            return None
        file.seek(header.start)
        return _seconds(file.read(min(32, header.end - header.start)))


def _seconds(header: bytes) -> float | None:
    """Of the content of an `mvhd` box, whose version says how wide its numbers are."""
    scale, length = (header[20:24], header[24:32]) if header[:1] == b"\1" else (header[12:16], header[16:20])
    if len(length) < (8 if header[:1] == b"\1" else 4):
        return None
    unsaid = not any(scale) or set(length) == {0xFF}
    return 0.0 if unsaid else int.from_bytes(length, "big") / int.from_bytes(scale, "big")


def _find(file: BinaryIO, kind: bytes, start: int, end: int) -> _Box | None:
    return next((box for box in _boxes(file, start, end) if box.kind == kind), None)


def _boxes(file: BinaryIO, place: int, end: int) -> Iterator[_Box]:
    """The boxes from a place on, up to the end or the first one that makes no sense."""
    for _ in range(MOST_BOXES):
        if place >= end:
            return
        file.seek(place)
        header = file.read(16)
        size, inside = int.from_bytes(header[:4], "big"), 8
        if size == 1:
            size, inside = int.from_bytes(header[8:16], "big"), 16
        if size == 0:
            yield _Box(header[4:8], place + inside, end)  # it lasts to the end, wherever that is
            return
        if size < inside:
            return
        yield _Box(header[4:8], place + inside, place + size)
        place += size
