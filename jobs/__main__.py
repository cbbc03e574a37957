"""`python -m jobs rebuild`: the database built anew from the journal, by hand."""

import argparse
import os
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from jobs.database import StoreError, obstacles_told
from jobs.journal import NAME
from jobs.lock import held
from jobs.mend import Rebuilt, rebuild


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit code: 0 when it is built, 1 when nothing could be done, and nothing was."""
    folder = _parser().parse_args(arguments).data
    if not (folder / NAME).exists():
        sys.stderr.write(f"There is no {NAME} in {folder}: there is nothing to build from.\n")
        return 1
    try:
        with held(folder), obstacles_told(folder):
            rebuilt = rebuild(folder, time.time(), "replaced")
    except (StoreError, sqlite3.Error) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(told(rebuilt))
    return 0


def told(rebuilt: Rebuilt) -> str:
    """What was found, in plain words."""
    lines = [
        f"Jobs found: {rebuilt.jobs}.",
        f"Finished: {rebuilt.done}. Still on their way: {rebuilt.open}; they go on at the next start.",
    ]
    if others := rebuilt.jobs - rebuilt.done - rebuilt.open:
        lines.append(f"Came to nothing, or wait for you: {others}.")
    if rebuilt.spoilt:
        lines.append(f"Lines that could not be read: {rebuilt.spoilt}.")
    if rebuilt.aside:
        lines.append(f"The database before this one lies beside it as {rebuilt.aside.name}.")
    return "".join(f"{line}\n" for line in lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m jobs")
    tasks = parser.add_subparsers(required=True)
    task = tasks.add_parser("rebuild", help="build the database anew from the journal; the old one is set aside")
    default = Path(os.environ.get("FIRSTFRAME_DATA") or "data")
    task.add_argument("--data", type=Path, default=default, help="the folder (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
