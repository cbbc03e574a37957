"""A file that is still coming in: it has another name, can be gone on with, and gets its real name at the very end."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import anyio

BATCH: Final = 1_000_000
"""Bytes gathered before a thread writes them: a thread for each piece costs more than the writing."""


class Part:
    """`NAME.part` beside the target, and `NAME.etag` with the version of it, which survive a restart.

    Raises OSError.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._part = target.with_name(target.name + ".part")
        self._etag = target.with_name(target.name + ".etag")
        self._pieces: list[bytes] = []
        self._waiting = 0
        self.size = 0

    @property
    def path(self) -> Path:
        return self._part

    def known(self) -> tuple[int, str]:
        """Bytes that are here already and the version they belong to; (0, "") when there is nothing to go on with."""
        try:
            size, version = self._part.stat().st_size, self._etag.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return 0, ""
        return (size, version) if size and version else (0, "")

    def begin(self, at: int, version: str) -> None:
        """Keeps the first `at` bytes, forgets the rest, and notes the version of what will come."""
        self._part.touch()
        os.truncate(self._part, at)
        self._etag.write_text(version, encoding="ascii")
        self.size = at

    async def add(self, piece: bytes) -> bool:
        """Takes a piece; True when a batch was written."""
        self._pieces.append(piece)
        self._waiting += len(piece)
        self.size += len(piece)
        if self._waiting < BATCH:
            return False
        await self.flush()
        return True

    async def flush(self) -> None:
        """Writes what was gathered."""
        pieces, self._pieces, self._waiting = self._pieces, [], 0
        if pieces:
            await anyio.to_thread.run_sync(_append, self._part, pieces)

    async def finish(self) -> None:
        """Gives the file its name, safe against a power cut."""
        await anyio.to_thread.run_sync(self._finish)

    def forget(self) -> None:
        """Removes everything that came."""
        self._pieces, self._waiting = [], 0
        self._part.unlink(missing_ok=True)
        self._etag.unlink(missing_ok=True)

    def _finish(self) -> None:
        with self._part.open("rb+") as file:
            os.fsync(file.fileno())
        self._part.replace(self._target)
        self._etag.unlink(missing_ok=True)
        _sync_folder(self._target.parent)


def _append(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("ab") as file:
        file.writelines(pieces)


def _sync_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):  # Windows opens no folders and needs no such thing
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
