"""A second, plain copy of what was paid for: one JSON line a step, on the disk before the step counts."""

import contextlib
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

NAME = "journal.jsonl"
Facts = dict[str, Any]
"""What a line says."""
JOB_ID = re.compile(r"[0-9a-zA-Z_-]{1,64}", re.ASCII)


class Journal:
    """Appends to and reads `journal.jsonl`. Blocking; the store calls it from its thread."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def append(self, **facts: Any) -> None:
        """Returns when the line is on the disk. Raises OSError."""
        self.extend([facts])

    def extend(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """The same for several lines, which take no longer than one."""
        content = b"".join(json.dumps(facts).encode() + b"\n" for facts in lines)
        file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            fresh = os.lseek(file, 0, os.SEEK_END) == 0
            if not fresh and _last_byte(file) != b"\n":
                content = b"\n" + content
            written = os.write(file, content)
            if written != len(content):
                raise OSError("The journal took only a part of a line.")
            os.fsync(file)
        finally:
            os.close(file)
        if fresh:
            sync_folder(self._path.parent)

    def lines(self) -> Iterator[Facts]:
        """What every line says, oldest first. One that is torn, or names no job, says nothing: an empty one."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for line in file:
                yield _read(line)

    def task_of(self, job_id: str) -> str | None:
        """The task id that was written down for a job; a torn line counts as none."""
        for facts in self.lines():
            if facts.get("job") == job_id and isinstance(facts.get("task"), str):
                return str(facts["task"])
        return None

    def forget(self, job_id: str, names: Collection[str]) -> None:
        """Takes these columns out of every line that tells of a job before it was hidden. The lines stay."""
        if not self._path.exists():
            return
        draft = self._path.with_suffix(".draft")
        with self._path.open("rb") as told, open(draft, "wb", opener=_private) as kept:
            for line in told:
                kept.write(_without(line, names) if job_id.encode() in line else line)
            kept.flush()
            os.fsync(kept.fileno())
        draft.replace(self._path)
        sync_folder(self._path.parent)


def sync_folder(folder: Path) -> None:
    """Puts names that are new in a folder on the disk. Windows has no way to, and no need."""
    with contextlib.suppress(PermissionError):
        place = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _without(line: bytes, names: Collection[str]) -> bytes:
    facts = _read(line)
    row = facts.get("row")
    if not isinstance(row, dict) or row.get("hidden"):
        return line
    return (
        json.dumps({**facts, "row": {name: value for name, value in row.items() if name not in names}}).encode() + b"\n"
    )


def _last_byte(file: int) -> bytes:
    os.lseek(file, -1, os.SEEK_END)
    return os.read(file, 1)


def _read(line: bytes) -> Facts:
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    known = isinstance(facts, dict) and isinstance(facts.get("job"), str) and JOB_ID.fullmatch(facts["job"])
    return facts if known else {}
