"""Several videos as one ZIP, made while it is sent. Stored, not compressed: a video does not get smaller."""

import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple
from zipfile import ZipFile, ZipInfo

CHUNK: Final = 1 << 20
"""Bytes that are in memory at a time."""
MOST: Final = 500
"""Videos in one archive."""
NAME_LENGTH: Final = 60


class Entry(NamedTuple):
    """A file, and what it is called in the archive. `made`: unix seconds."""

    path: Path
    name: str
    made: float


def archive(entries: Sequence[Entry]) -> Iterator[bytes]:
    """The bytes of the archive, piece by piece. Blocking. Raises OSError when a file cannot be read to its end: what
    was sent until then is no whole archive, and no program takes it for one."""
    pipe = _Pipe()
    with ZipFile(pipe, "w") as zipped:
        for entry in entries:
            info = ZipInfo(entry.name, datetime.fromtimestamp(max(entry.made, _EARLIEST), UTC).timetuple()[:6])
            info.file_size = entry.path.stat().st_size
            info.external_attr = 0o100644 << 16
            with entry.path.open("rb") as file, zipped.open(info, "w") as target:
                while piece := file.read(CHUNK):
                    target.write(piece)
                    yield pipe.taken()
    yield pipe.taken()


def file_name(text: str, made: float, taken: set[str]) -> str:
    """A name that every system takes, from the words of a video and the day it was made; one that is not `taken`."""
    words = " ".join(re.sub(r"[^\w\s'’,-]", " ", text).split())[:NAME_LENGTH].rstrip(" ,-")
    stem = " ".join(part for part in (datetime.fromtimestamp(made, UTC).date().isoformat(), words) if part)
    name, count = f"{stem}.mp4", 1
    while name.casefold() in taken:
        count += 1
        name = f"{stem} ({count}).mp4"
    taken.add(name.casefold())
    return name


class _Pipe(io.RawIOBase):
    """What the archive is written into: nothing but what was not taken yet."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:  # type: ignore[override]
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


_EARLIEST: Final = datetime(1980, 1, 1, tzinfo=UTC).timestamp()
"""A ZIP knows no earlier day."""
