"""As much of the AV1 format as tells how large the pictures in a stream may become."""

from collections.abc import Iterable, Iterator
from typing import Final

MOST_UNITS: Final = 100_000
"""Of a file, counted over all its streams. Pictures have a handful, even long films fewer."""

_SEQUENCE_HEADER: Final = 1


def sequence_sizes(streams: Iterable[memoryview]) -> Iterator[tuple[int, int]]:
    """The greatest width and height, in pixels, that each sequence header in the streams allows.

    A stream ends where what follows is no AV1. Raises IndexError for a header that is cut off, and ValueError when
    there are more units than in any picture.
    """
    units = 0
    for stream in streams:
        place = 0
        while place < len(stream):
            units += 1
            if units > MOST_UNITS:
                raise ValueError("Too many units.")
            first = stream[place]
            place += 2 if first & 0b100 else 1
            length = len(stream) - place
            if first & 0b10:
                length, place = _leb128(stream, place)
            if first >> 3 == _SEQUENCE_HEADER:
                yield _largest(_Bits(stream[place : place + length]))
            place += length


class _Bits:
    """Numbers from bits, highest first."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._place = 0

    def take(self, count: int) -> int:
        number = 0
        for _ in range(count):
            number = number << 1 | self._data[self._place >> 3] >> (7 - (self._place & 7)) & 1
            self._place += 1
        return number


def _largest(bits: _Bits) -> tuple[int, int]:
    """AV1 specification, 5.5.1: everything that stands before the size has to be read to get there."""
    bits.take(4)
    if bits.take(1):
        bits.take(5)
    else:
        _pass_operating_points(bits)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(width_bits) + 1, bits.take(height_bits) + 1


def _pass_operating_points(bits: _Bits) -> None:
    delay_bits = 0
    if bits.take(1):
        bits.take(64)
        if bits.take(1):
            _pass_variable(bits)
        if bits.take(1):
            delay_bits = bits.take(5) + 1
            bits.take(42)
    delays_shown = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay_bits and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if delays_shown and bits.take(1):
            bits.take(4)


def _pass_variable(bits: _Bits) -> None:
    zeros = 0
    while not bits.take(1):
        zeros += 1
    if zeros < 32:
        bits.take(zeros)


def _leb128(stream: memoryview, place: int) -> tuple[int, int]:
    number = 0
    for count in range(8):
        byte = stream[place]
        place += 1
        number |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            break
    return number, place
