"""A folder that can be worked in: a database that is no good is set aside, and told anew from the journal."""

import contextlib
import logging
import sqlite3
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from time import gmtime, strftime
from typing import Any, NamedTuple

from jobs.database import NAME, connected, insert, looked_over, obstacles_told, readable, transaction, upgrade
from jobs.entries import Films, retold, version
from jobs.job import Job
from jobs.journal import JOB_ID, Facts, Journal, sync_folder
from jobs.labels import read_label
from jobs.rows import to_row
from jobs.shutter import Shutter
from jobs.states import OPEN, State

logger = logging.getLogger(__name__)


class Rebuilt(NamedTuple):
    """What a database was built from: numbers of jobs and lines, and where the one before it lies."""

    jobs: int
    open: int
    done: int
    spoilt: int
    aside: Path | None


def made(folder: Path) -> Path:
    """The folder, closed to other users. Raises StoreError."""
    with obstacles_told(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(PermissionError):
            folder.chmod(0o700)
    return folder


def opened(folder: Path, journal: Journal, shutter: Shutter, now: float) -> sqlite3.Connection:
    """The database of a folder, fit for use. One that was not closes the shutter and lies aside from then on.

    Blocking. Raises StoreError for a folder in which nothing can be done; then nothing was changed.
    """
    path = made(folder) / NAME
    with obstacles_told(folder):
        shutter.look()
        told = _latest(journal)
        ailment, rows = looked_over(path, told)
        if ailment:
            shutter.close(ailment)
            rebuilt = rebuild(folder, now, ailment.value, rows)
            logger.warning("The database is %s. Aside: %s. %d jobs found.", ailment, rebuilt.aside, rebuilt.jobs)
        connection = connected(path)
        try:
            upgrade(connection, journal)
            _catch_up(connection, told)
        except BaseException:
            connection.close()
            raise
    return connection


def rebuild(folder: Path, now: float, why: str, rows: Iterable[Mapping[str, Any]] = ()) -> Rebuilt:
    """Builds the database from the journal and from these rows of the one before, which is set aside, named `why`.

    Killed anywhere, it may be done again. Raises OSError and sqlite3.OperationalError.
    """
    journal, path, draft = Journal(folder), folder / NAME, folder / f"{NAME}.new"
    lines = [*map(_line, rows), *journal.lines()]
    films = folder / "videos"
    ids = [film.stem for film in sorted(films.glob("*.mp4")) if JOB_ID.fullmatch(film.stem)]
    told = retold(lines, Films(ids, lambda job_id: read_label(films / f"{job_id}.mp4")), now)
    for leftover in folder.glob(f"{draft.name}*"):
        leftover.unlink()
    with contextlib.closing(connected(draft)) as connection:
        upgrade(connection, journal)
        with transaction(connection):
            jobs = [_written(connection, ways) for ways in told]
    aside = _set_aside(path, why, now)
    draft.replace(path)
    sync_folder(folder)
    states = [job.state for job in jobs]
    waiting, done = sum(state in OPEN for state in states), states.count(State.DONE)
    return Rebuilt(len(jobs), waiting, done, lines.count({}), aside)


def _latest(journal: Journal) -> dict[str, int]:
    """The latest version of each job in the journal."""
    found: dict[str, int] = {}
    for facts in journal.lines():
        if facts:
            found[facts["job"]] = max(found.get(facts["job"], 0), version(facts))
    return found


def _catch_up(connection: sqlite3.Connection, told: Mapping[str, int]) -> None:
    """No step is told twice under one number: not even one that was only told, and then not taken."""
    behind = [
        (told[job_id], job_id)
        for job_id, number in connection.execute("SELECT id, version FROM job").fetchall()
        if told.get(job_id, 0) > number
    ]
    if behind:
        with transaction(connection):
            connection.executemany("UPDATE job SET version = ? WHERE id = ?", behind)


def _line(row: Mapping[str, Any]) -> Facts:
    """A row as a line of the journal would tell it. What is in one that cannot be read gives way to every real line."""
    names = {"job": "id", "owner": "owner", "state": "state", "key": "idempotency_key", "task": "task_id"}
    told = dict(row) if readable(row) else {name: value for name, value in row.items() if name != "version"}
    return {"at": row["changed"], "row": told} | {said: row[name] for said, name in names.items()}


def _written(connection: sqlite3.Connection, ways: list[Job]) -> Job:
    """The job in the best way that the table takes."""
    *better, bare = ways
    for job in better:
        with contextlib.suppress(sqlite3.IntegrityError, sqlite3.ProgrammingError, OverflowError, ValueError):
            insert(connection, to_row(job))
            return job
    insert(connection, to_row(bare))
    return bare


def _set_aside(path: Path, why: str, now: float) -> Path | None:
    """Where it lies now, with all its parts; None when there was none."""
    parts = [part for part in ("-wal", "-shm", "") if path.with_name(path.name + part).exists()]
    stamp = strftime("%Y%m%d-%H%M%S", gmtime(now))
    names = (f"{path.name}.{why}-{stamp}{f'-{number}' if number else ''}" for number in count())
    name = next(name for name in names if not list(path.parent.glob(f"{name}*")))
    for part in parts:
        path.with_name(path.name + part).rename(path.with_name(name + part))
    return path.with_name(name) if parts else None
