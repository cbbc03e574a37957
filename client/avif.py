"""As much of the AVIF format as tells every size that is named in a file, outside and inside its AV1 streams.

Every walk is bounded: a file with more parts than any picture has counts as damaged.
"""

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from client.av1 import sequence_sizes

MOST_PARTS: Final = 10_000
"""Boxes that a picture may have, and numbers in the table of its items."""

_CONTAINERS: Final = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0}
"""Boxes made of boxes, and the bytes before the first one inside."""

_CHUNKS: Final = {b"stco": 4, b"co64": 8}
"""Boxes that tell where the chunks of a track lie, and the bytes of each number."""


class _Part(NamedTuple):
    """A piece of an item: in the `idat` box or anywhere in the file. Without a length it goes on to the end."""

    in_box: bool
    start: int
    length: int


def sizes(content: memoryview) -> Iterator[tuple[int, int]]:
    """Every width and height in pixels. Raises ValueError, IndexError, struct.error or RecursionError when damaged."""
    boxes = list(islice(_boxes(content), MOST_PARTS + 1))
    if len(boxes) > MOST_PARTS:
        raise ValueError("Too many boxes.")
    for name, body in boxes:
        if name == b"ispe":
            yield struct.unpack_from(">II", body, 4)
    yield from sequence_sizes(_streams(content, boxes))


def _streams(content: memoryview, boxes: list[tuple[bytes, memoryview]]) -> Iterator[memoryview]:
    """What each item holds, and what lies where each track begins; the same bytes once."""
    inside = next((body for name, body in boxes if name == b"idat"), content[:0])
    left = len(content)
    for item in dict.fromkeys(item for name, body in boxes if name == b"iloc" for item in _items(body)):
        pieces = [(inside if part.in_box else content)[part.start :][: part.length or None] for part in item]
        left -= sum(map(len, pieces))
        if left < 0:
            raise ValueError("Items that overlap.")
        yield memoryview(b"".join(pieces))
    starts = (int.from_bytes(body[8 : 8 + _CHUNKS[name]], "big") for name, body in boxes if name in _CHUNKS)
    for start in dict.fromkeys(starts):
        yield content[start:]


def _boxes(content: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Name and body of each box, those inside others too."""
    place = 0
    while place + 8 <= len(content):
        size, name, start = int.from_bytes(content[place : place + 4], "big"), bytes(content[place + 4 : place + 8]), 8
        if size == 1:
            size, start = int.from_bytes(content[place + 8 : place + 16], "big"), 16
        elif size == 0:
            size = len(content) - place
        if size < start:
            return
        body = content[place + start : place + size]
        yield name, body
        if name in _CONTAINERS:
            yield from _boxes(body[_CONTAINERS[name] :])
        place += size


def _items(body: memoryview) -> Iterator[tuple[_Part, ...]]:
    """The items that an `iloc` box lists."""
    version, table = body[0], _Table(body[6:])
    offset_size, length_size, base_size, index_size = body[4] >> 4, body[4] & 15, body[5] >> 4, body[5] & 15
    wide = 4 if version == 2 else 2
    for _ in range(table.number(wide)):
        table.number(wide)
        in_box = bool(version and table.number(2) & 15)
        table.number(2)
        base = table.number(base_size)
        parts = []
        for _ in range(table.number(2)):
            if version:
                table.number(index_size)
            parts.append(_Part(in_box, base + table.number(offset_size), table.number(length_size)))
        yield tuple(parts)


class _Table:
    """Numbers of different sizes, one after the other."""

    def __init__(self, content: memoryview) -> None:
        self._content = content
        self._place = 0
        self._taken = 0

    def number(self, size: int) -> int:
        """The next number, of so many bytes; 0 of none."""
        self._taken += 1
        end = self._place + size
        if end > len(self._content) or self._taken > MOST_PARTS:
            raise ValueError("A table without end.")
        self._place, start = end, self._place
        return int.from_bytes(self._content[start:end], "big")
