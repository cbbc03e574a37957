"""A job as lines of the journal, and back."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from client.schema import VideoRequest
from jobs.found import found_job
from jobs.job import Job, Kind
from jobs.journal import Facts
from jobs.rows import COLUMNS, from_row, to_row
from jobs.states import ENDS, State

NAMED: Final = frozenset({"id", "owner", "state", "idempotency_key", "task_id", "words"})
"""Columns that a line says by itself, or that follow from others."""
FIXED: Final = frozenset({"token", "nonce", "request", "kind", "callback_token", "created", "uploads", "body"})
"""What hardly ever changes once the paid request goes out, so that only the first line tells it."""
SPOILABLE: Final = ("kind", "request", "uploads", "candidates", "trouble")
"""What another version may have written in a way that this one cannot read."""
FIRST: Final = (State.NEW, State.SUBMITTING, State.UNKNOWN, State.SUBMITTED)
"""The first steps in their order; every other comes later."""


def entry(job: Job, changed: Collection[str] = FIXED) -> Facts:
    """The line for the step that a job has taken. Of what is fixed it tells only what changed all the same; the first
    line tells all of it, and suffices to know the job again.
    """
    left_out = NAMED | FIXED.difference(changed)
    return {
        "at": job.changed,
        "job": job.id,
        "owner": job.owner,
        "state": job.state.value,
        "key": job.idempotency_key,
        "task": job.task_id,
        "row": {name: value for name, value in to_row(job).items() if name not in left_out},
    }


def version(facts: Facts) -> int:
    """The version of the job that a line tells of. Lines of the first versions of this program tell none: 0."""
    row = facts.get("row")
    number = row.get("version") if isinstance(row, dict) else None
    return number if isinstance(number, int) and 0 <= number < 2**31 else 0


class Films(NamedTuple):
    """The clips at hand: the ids of their jobs, and what tells the request that a clip names in its label."""

    ids: Collection[str]
    request: Callable[[str], VideoRequest | None]


def retold(lines: Iterable[Facts], films: Films, now: float) -> list[list[Job]]:
    """Every job that the lines or the films tell of, oldest first, each in up to three ways: all that is said of it,
    without what may be spoilt, and the bare minimum, which is always good for a row of the table.

    A job whose clip is at hand is done, and one of which only the clip is left belongs to the only person there is.
    """
    told: dict[str, list[Facts]] = {}
    for facts in lines:
        if facts:
            told.setdefault(facts["job"], []).append(facts)
    jobs = [_versions(said, films, now) for said in told.values()]
    people = {job[0].owner for job in jobs if not job[0].owner.startswith("api:")}
    owner = people.pop() if len(people) == 1 else ""
    lost = [_with_film(_bare(job_id, owner, now), films) for job_id in films.ids if job_id not in told]
    return [*jobs, *([job] for job in lost)]


def _versions(said: list[Facts], films: Films, now: float) -> list[Job]:
    """Doubled lines say nothing new, and an older one overrules no newer one."""
    said = sorted(said, key=lambda facts: (version(facts), _rank(_state(facts))))
    owner, task = _text(said, "owner") or "", _text(said, "task")
    state = next((state for facts in reversed(said) if (state := _state(facts))), None)
    if task and state in (None, State.SUBMITTING, State.UNKNOWN):
        state = State.SUBMITTED
    bare = replace(
        _bare(said[0]["job"], owner, _since(said[0], now)),
        state=state or State.UNKNOWN,
        task_id=task,
        version=max(1, *map(version, said)),
    )
    plain = to_row(bare)
    row = plain | {"idempotency_key": _text(said, "key") or bare.idempotency_key}
    for facts in said:
        row |= {name: value for name, value in _row(facts).items() if name in COLUMNS and name not in NAMED}
    ways = (_read(row), _read(row | {name: plain[name] for name in SPOILABLE}), bare)
    return [_with_film(job, films) for job in ways if job]


def _bare(job_id: str, owner: str, now: float) -> Job:
    return replace(found_job(Kind.VIDEO, owner=owner, nonce=f"found:{job_id}", now=now), id=job_id)


def _with_film(job: Job, films: Films) -> Job:
    if job.id not in films.ids or job.kind is Kind.ELEMENT or job.state in ENDS:
        return job
    request = job.request if job.body else films.request(job.id) or job.request
    done = replace(job, state=State.DONE, request=request, video=f"{job.id}.mp4", progress=100)
    return replace(done, trouble=None, ended=job.ended or job.changed)


def _read(row: Mapping[str, Any]) -> Job | None:
    try:
        return from_row(row)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _row(facts: Facts) -> dict[str, Any]:
    row = facts.get("row")
    return row if isinstance(row, dict) else {}


def _text(said: list[Facts], name: str) -> str | None:
    """The latest that is said under a name."""
    found = (facts.get(name) for facts in reversed(said))
    return next((text for text in found if isinstance(text, str) and text.isprintable() and text), None)


def _since(facts: Facts, now: float) -> float:
    at = facts.get("at")
    return min(at, now) if isinstance(at, float) else now


def _state(facts: Facts) -> State | None:
    """None for one that only another version knows."""
    name = facts.get("state")
    return State(name) if isinstance(name, str) and name in set(State) else None


def _rank(state: State | None) -> int:
    return FIRST.index(state) if state in FIRST else len(FIRST)
