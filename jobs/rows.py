"""A job as a row of the table, and back."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from client.elements import ElementRequest
from client.schema import VideoRequest
from jobs.job import Job, Kind, Trouble
from jobs.states import MOVES, State

FIELDS = tuple(field.name for field in fields(Job))
COLUMNS = (*FIELDS, "kind", "words")

TABLE = """
CREATE TABLE job (
    id TEXT PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    nonce TEXT NOT NULL,
    request TEXT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    callback_token TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created REAL NOT NULL,
    changed REAL NOT NULL,
    uploads TEXT NOT NULL,
    body TEXT,
    task_id TEXT,
    progress INTEGER NOT NULL,
    estimated_seconds REAL,
    credits_reserved REAL,
    credits_charged REAL,
    link TEXT,
    video TEXT,
    trouble TEXT,
    submitted REAL,
    ready REAL,
    ended REAL,
    UNIQUE (owner, nonce)
) STRICT
"""
"""As the first version made it; what came later is added to it."""

ELEMENTS = (
    "ALTER TABLE job ADD COLUMN kind TEXT NOT NULL DEFAULT 'video'",
    "ALTER TABLE job ADD COLUMN element_id TEXT",
    "ALTER TABLE job ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE job ADD COLUMN credits_estimated REAL",
)

EVIDENCE = (
    "ALTER TABLE job ADD COLUMN starred INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE job ADD COLUMN sent REAL",
    "ALTER TABLE job ADD COLUMN credits_before REAL",
    "ALTER TABLE job ADD COLUMN credits_after REAL",
    "ALTER TABLE job ADD COLUMN dearer INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE job ADD COLUMN key_mark TEXT",
    "ALTER TABLE job ADD COLUMN task_hint TEXT",
    "ALTER TABLE job ADD COLUMN looks INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE job ADD COLUMN candidates TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE job ADD COLUMN sent_again TEXT",
    "ALTER TABLE job ADD COLUMN video_seconds REAL",
    "ALTER TABLE job ADD COLUMN words TEXT",
    "CREATE INDEX job_with_task ON job (task_id)",
    # Two lost orders may look for their tasks at the same time; none takes what is another's.
    "CREATE TRIGGER one_task_one_job BEFORE UPDATE OF task_id ON job WHEN OLD.state = 'unknown' AND NEW.task_id <> '' "
    "AND EXISTS (SELECT 1 FROM job WHERE task_id = NEW.task_id AND id <> NEW.id) "
    "BEGIN SELECT RAISE(ABORT, 'another job has this task'); END",
    "CREATE INDEX job_in_library ON job (owner, kind, hidden)",
)


def moves_trigger() -> str:
    """The allowed moves as a rule of the database, which holds for whoever writes to it."""
    allowed = " OR ".join(
        f"(OLD.state = '{before}' AND NEW.state IN ({', '.join(repr(after.value) for after in sorted(afters))}))"
        for before, afters in MOVES.items()
        if afters
    )
    return (
        "CREATE TRIGGER allowed_moves BEFORE UPDATE OF state ON job "
        f"WHEN OLD.state <> NEW.state AND NOT ({allowed}) "
        "BEGIN SELECT RAISE(ABORT, 'forbidden move'); END"
    )


def search_words(request: VideoRequest | ElementRequest) -> str:
    """What a person may remember of it, in small letters."""
    if isinstance(request, ElementRequest):
        texts = [request.model_params.element_name, request.model_params.element_description]
    else:
        params = request.model_params
        texts = [request.prompt or "", *(shot.prompt for shot in (params and params.multi_prompt) or [])]
    return "\n".join(texts).casefold()


def to_row(job: Job) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(job, name) for name in FIELDS}
    row["kind"] = job.kind.value
    row["words"] = search_words(job.request)
    row["state"] = job.state.value
    row["request"] = job.request.model_dump_json()
    row["uploads"] = json.dumps(job.uploads)
    row["candidates"] = json.dumps(job.candidates)
    row["trouble"] = json.dumps(asdict(job.trouble)) if job.trouble else None
    return row


def from_row(row: Mapping[str, Any]) -> Job:
    """Raises pydantic.ValidationError when the request is one that the rules of today refuse."""
    values = dict(row)
    values["state"] = State(values["state"])
    asked = ElementRequest if values.pop("kind") == Kind.ELEMENT else VideoRequest
    values["request"] = asked.model_validate_json(values["request"], context={"pictures_optional": True})
    del values["words"]
    for name in ("hidden", "starred", "dearer"):
        values[name] = bool(values[name])
    values["candidates"] = tuple(json.loads(values["candidates"]))
    values["uploads"] = json.loads(values["uploads"])
    values["trouble"] = Trouble(**json.loads(values["trouble"])) if values["trouble"] else None
    return Job(**values)
