"""How large a file claims its picture to be, where the library that reads it would believe it too soon or too late.

A WEBP's canvas is set aside as soon as it is opened. An AVIF may name a small size outside and unpack a huge one.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from client.avif import sizes


def claimed_sizes(path: Path, found: str, head: bytes) -> Iterator[tuple[int, int]]:
    """Every width and height in pixels; none for the kinds whose readers take care themselves.

    Raises ValueError, IndexError, struct.error or RecursionError for a damaged file.
    """
    if found == "WEBP":
        yield _canvas(head)
    elif found == "AVIF":
        yield from sizes(memoryview(path.read_bytes()))


def _canvas(head: bytes) -> tuple[int, int]:
    match head[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case _:
            width, height = struct.unpack("<HH", head[26:30])
            return width & 0x3FFF, height & 0x3FFF
