"""Small records on disk, each in a file of its own: whole or not there at all."""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

logger = logging.getLogger(__name__)

Record = TypeVar("Record", bound=BaseModel)


def write_record(path: Path, record: BaseModel) -> None:
    """Writes it beside its place, then moves it there."""
    draft = path.with_suffix(".draft")
    draft.write_text(record.model_dump_json(), encoding="utf-8")
    os.replace(draft, path)


def read_records(folder: Path, kind: type[Record]) -> Iterator[Record]:
    """Every record of a folder; one that cannot be read is left where it is and told in the log."""
    for path in sorted(folder.glob("*.json")):
        try:
            yield kind.model_validate_json(path.read_bytes())
        except (ValidationError, OSError) as error:
            logger.warning("%s was left out, it cannot be read: %s", path.name, type(error).__name__)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds a folder for this process alone, until it ends in whatever way.

    Raises RuntimeError when another one holds it.
    """
    with closing(sqlite3.connect(folder / "lock", timeout=0)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise RuntimeError(f"Another sandbox is using {folder}. Stop it, or choose another folder.") from error
        yield
