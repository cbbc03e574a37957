"""The file that holds the table of jobs: opened, brought up to date, looked over."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from jobs.entries import entry
from jobs.journal import Journal
from jobs.rows import COLUMNS, ELEMENTS, EVIDENCE, TABLE, from_row, moves_trigger, search_words
from jobs.states import State

NAME: Final = "jobs.sqlite"
PATIENCE = 10.0
"""Seconds to wait for another program that is writing."""
LARGE: Final = 64_000_000
"""Bytes from which on only the quick check is made."""
SCHEMAS = (
    (TABLE, "CREATE INDEX job_of_owner ON job (owner)", "CREATE INDEX job_in_state ON job (state)"),
    ELEMENTS,
    EVIDENCE,
)
"""What leads from each version of the schema to the next; `user_version` counts those taken."""
OBSTACLES: Final = {
    sqlite3.SQLITE_BUSY: "Another program is writing to",
    sqlite3.SQLITE_LOCKED: "Another program is writing to",
    sqlite3.SQLITE_READONLY: "This program may not write to",
    sqlite3.SQLITE_CANTOPEN: "This program may not write to",
    sqlite3.SQLITE_PERM: "This program may not write to",
    sqlite3.SQLITE_FULL: "There is no room for",
    sqlite3.SQLITE_IOERR: "The disk does not read or write",
}
"""What is wrong with the place and not with the file: nothing is set aside for it."""


class StoreError(Exception):
    """The folder cannot be worked in. The sentence is for the person who started the program."""


class Ailment(StrEnum):
    """Why a database is set aside."""

    BROKEN = "broken"
    NEWER = "newer"
    """Written by a later version of this program."""
    BEHIND = "behind"
    """The journal knows of more: a file was lost, or an old one put back."""


@contextlib.contextmanager
def obstacles_told(path: Path) -> Iterator[None]:
    """Turns what is wrong with the place into StoreError, a sentence; what is wrong with the file stays."""
    try:
        yield
    except sqlite3.OperationalError as error:
        obstacle = _obstacle(error)
        if obstacle is None:
            raise
        raise StoreError(f"{obstacle} {path}. Nothing was changed.") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be used: {error.strerror or error}. Nothing was changed.") from error


def connected(path: Path) -> sqlite3.Connection:
    """A connection that writes, for which every write is on the disk before it counts. Closed to other users."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        yield


def upgrade(connection: sqlite3.Connection, journal: Journal) -> None:
    """Brings the table up to date; writes nothing where that is not needed.

    The journal of earlier versions did not suffice to know a job again, so their jobs are told to it once more.
    """
    with transaction(connection):
        (before,) = connection.execute("PRAGMA user_version").fetchone()
        for statements in SCHEMAS[before:]:
            for statement in statements:
                connection.execute(statement)
        if before < len(SCHEMAS):
            jobs = [from_row(row) for row in connection.execute("SELECT * FROM job ORDER BY rowid")]
            for job in jobs:
                connection.execute("UPDATE job SET words = ? WHERE id = ?", (search_words(job.request), job.id))
            if jobs:
                journal.extend(entry(job) for job in jobs if job.state is not State.NEW)
            connection.execute(f"PRAGMA user_version = {len(SCHEMAS)}")
        rule = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'allowed_moves'").fetchone()
        if rule is None or rule[0] != moves_trigger():
            connection.execute("DROP TRIGGER IF EXISTS allowed_moves")
            connection.execute(moves_trigger())


def insert(connection: sqlite3.Connection, row: Mapping[str, Any], on_conflict: str = "") -> None:
    names, places = ", ".join(COLUMNS), ", ".join("?" * len(COLUMNS))
    connection.execute(f"INSERT INTO job ({names}) VALUES ({places}) {on_conflict}", [row[name] for name in COLUMNS])


def looked_over(path: Path, told: Mapping[str, int]) -> tuple[Ailment | None, list[dict[str, Any]]]:
    """What ails a database, with the rows of it that can still be read; it is not changed.

    `told`: the latest version that the journal has of each job. The line of a step is written just before its row:
    killed in between, it was not taken, and the row is one version behind. More than that, or without the file that
    a killed process leaves behind, the row was lost. Raises sqlite3.OperationalError for what is wrong with the place.
    """
    if not path.exists() or not path.stat().st_size:
        return (Ailment.BEHIND if told else None), []
    killed = path.with_name(f"{NAME}-wal").exists()
    try:
        with contextlib.closing(_reading(path, "mode=ro" if killed else "immutable=1")) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > len(SCHEMAS):
                return Ailment.NEWER, []
            check = "quick_check" if path.stat().st_size > LARGE else "integrity_check"
            if [tuple(row) for row in connection.execute(f"PRAGMA {check}")] != [("ok",)]:
                return Ailment.BROKEN, []
            rows = [dict(row) for row in connection.execute("SELECT * FROM job ORDER BY rowid")] if version else []
    except sqlite3.DatabaseError as error:
        if _obstacle(error):
            raise
        return Ailment.BROKEN, []
    known = {row["id"]: row["version"] + killed for row in rows}
    if any(known.get(job_id, -1) < latest for job_id, latest in told.items()):
        return Ailment.BEHIND, rows
    if version == len(SCHEMAS) and not all(map(readable, rows)):
        return Ailment.BROKEN, rows
    return None, rows


def _obstacle(error: sqlite3.DatabaseError) -> str | None:
    return OBSTACLES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)


def _reading(path: Path, how: str) -> sqlite3.Connection:
    """Read only, and without making files that are not there, so that what is looked over stays as it is."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?{how}", timeout=PATIENCE, uri=True)
    connection.row_factory = sqlite3.Row
    return connection


def readable(row: Mapping[str, Any]) -> bool:
    """Whether a row of the present schema is one of a job."""
    try:
        from_row(row)
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
    return True
