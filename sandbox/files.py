"""The shelf of uploaded pictures: on disk, each under an id of its own, for a while."""

import os
import re
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

import anyio
from pydantic import BaseModel, ConfigDict

from client.kinds import HEAD, kind
from sandbox.disk import read_records, write_record
from sandbox.envelopes import Refusal

MAX_FILE_BYTES: Final = 100_000_000

TOO_LARGE: Final = 40001
TYPE_NOT_ALLOWED: Final = 40002
QUOTA_USED_UP: Final = 40003
DOWNLOAD_FAILED: Final = 40004
STORAGE_FAULT: Final = 50001

_TYPES: Final = {
    "JPEG": ("image/jpeg", ".jpg"),
    "PNG": ("image/png", ".png"),
    "GIF": ("image/gif", ".gif"),
    "WEBP": ("image/webp", ".webp"),
}


class FileRecord(BaseModel):
    """A picture on the shelf. `uploaded` in unix seconds."""

    model_config = ConfigDict(frozen=True)

    file_id: str
    file_name: str
    original_name: str
    file_size: int
    mime_type: str
    upload_path: str
    uploaded: float

    @property
    def place(self) -> str:
        """Its path in an address of ours."""
        return f"/files/{quote(self.upload_path)}/{quote(self.file_name)}"


class Files:
    """The pictures that were uploaded. One of the same path and name takes the place of the older one."""

    def __init__(self, folder: Path, *, life: float, limit: int, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._life = life
        self._limit = limit
        self._clock = clock
        self._records: dict[str, FileRecord] = {}

    def load(self) -> None:
        """Reads what an earlier run left, and clears away what it did not finish."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for record in sorted(read_records(self._folder, FileRecord), key=lambda record: record.uploaded):
            self._records[record.file_id] = record
        for path in self._folder.iterdir():
            if path.suffix != ".json" and path.name not in self._records:
                path.unlink()
        self.sweep()

    async def add(
        self, chunks: AsyncIterator[bytes], *, original_name: str, upload_path: str | None, file_name: str | None
    ) -> FileRecord:
        """Takes in a picture, straight to disk.

        Raises Refusal with one of the codes above.
        """
        self.sweep()
        if len(self._records) >= self._limit:
            raise Refusal(403, "The file quota is used up. Delete some, or wait until they expire.", code=QUOTA_USED_UP)
        file_id = f"file_{secrets.token_hex(12)}"
        draft = self._folder / f"{file_id}.part"
        try:
            size, beginning = await _written(chunks, draft)
            mime_type, ending = _type(beginning)
            record = FileRecord(
                file_id=file_id,
                file_name=_stem(file_name, otherwise=file_id) + ending,
                original_name=original_name[:255],
                file_size=size,
                mime_type=mime_type,
                upload_path=_path(upload_path),
                uploaded=self._clock(),
            )
            os.replace(draft, self._folder / file_id)
            write_record(self._folder / f"{file_id}.json", record)
        except OSError as error:
            (self._folder / file_id).unlink(missing_ok=True)
            raise Refusal(500, "The file could not be stored.", code=STORAGE_FAULT) from error
        finally:
            draft.unlink(missing_ok=True)
        older = self.at(record.place)
        self._records[file_id] = record
        if older:
            self.delete(older.file_id)
        return record

    def get(self, file_id: str) -> FileRecord | None:
        record = self._records.get(file_id)
        return record if record and self.expires(record) > self._clock() else None

    def at(self, address: str) -> FileRecord | None:
        """The picture behind an address of ours, or behind its path."""
        path = unquote(urlsplit(address).path)
        found = next((record for record in self._records.values() if unquote(record.place) == path), None)
        return self.get(found.file_id) if found else None

    def content(self, record: FileRecord) -> Path:
        """Where its bytes lie."""
        return self._folder / record.file_id

    def expires(self, record: FileRecord) -> float:
        return record.uploaded + self._life

    def newest_first(self) -> list[FileRecord]:
        return [record for record in reversed(self._records.values()) if self.get(record.file_id)]

    def delete(self, file_id: str) -> bool:
        """Whether there was such a file."""
        if self._records.pop(file_id, None) is None:
            return False
        for name in (file_id, f"{file_id}.json"):
            (self._folder / name).unlink(missing_ok=True)
        return True

    def sweep(self) -> None:
        """Clears away what has expired."""
        for record in list(self._records.values()):
            if self.get(record.file_id) is None:
                self.delete(record.file_id)


async def _written(chunks: AsyncIterator[bytes], target: Path) -> tuple[int, bytes]:
    size, beginning = 0, b""
    async with await anyio.open_file(target, "wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > MAX_FILE_BYTES:
                raise Refusal(413, f"The file is too large: at most {MAX_FILE_BYTES:,} bytes.", code=TOO_LARGE)
            beginning += chunk[: HEAD - len(beginning)]
            await file.write(chunk)
    return size, beginning


def _type(beginning: bytes) -> tuple[str, str]:
    """Type and ending by the first bytes, whatever the name says."""
    found = _TYPES.get(kind(beginning) or "")
    if found is None:
        raise Refusal(415, "This type of file is not allowed: JPEG, PNG, GIF or WebP.", code=TYPE_NOT_ALLOWED)
    return found


def _stem(name: str | None, *, otherwise: str) -> str:
    stem = re.sub(r"[^\w-]+", "-", Path(name or "").stem).strip("-")[:80]
    return stem or otherwise


def _path(path: str | None) -> str:
    parts = [re.sub(r"[^\w-]+", "-", part).strip("-") for part in (path or "").split("/")]
    return "/".join(part for part in parts if part)[:200] or "uploads"
