"""Room on our disk: enough of it before anything is paid for, and one error for the ways in which it runs out."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from client.delivery import LIMIT, NO_ROOM
from jobs.not_now import NotNow

MIN_FREE: Final = 2 * LIMIT
"""Bytes, 1 GB: the largest video there may be, and the copy of it that gets the label, beside each other."""


class NoRoom(NotNow):
    """There is too little room on this disk."""

    code = "no_room"

    def __init__(self) -> None:
        super().__init__("There is too little room left on this computer's disk. Nothing was sent.")


def room_left(folder: Path) -> bool:
    """Whether a video that is paid for now will find room. A disk that does not tell counts as roomy."""
    try:
        return shutil.disk_usage(folder).free >= MIN_FREE
    except OSError:
        return True


@contextmanager
def full_disk_told() -> Iterator[None]:
    """Turns what the system and SQLite raise on a full disk into NoRoom."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise NoRoom from error
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_FULL:
            raise
        raise NoRoom from error
