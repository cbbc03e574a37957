"""A data folder for one process alone."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from jobs.database import StoreError
from jobs.mend import made


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Holds a folder until the end of the block, or of the process, in whatever way it ends.

    The lock is one that SQLite takes on a file of nothing, as it knows how to on every system. Raises StoreError when
    another process holds the folder, or when it cannot be made.
    """
    path = made(folder) / "lock"
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(f"{folder} cannot be used: {error.strerror}.") from error
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise StoreError(f"Another Firstframe is using {folder}. Stop it, or choose another folder.") from error
        yield
