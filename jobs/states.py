"""The states of a job, the moves between them that are allowed, and what each means for the purse."""

from enum import StrEnum
from typing import assert_never


class State(StrEnum):
    """Where a job is; `money` says what each means for the purse."""

    NEW = "new"
    """Written down. Nothing was sent."""
    SUBMITTING = "submitting"
    """The paid request is on its way."""
    SUBMITTED = "submitted"
    """EvoLink has it and gave a task id."""
    READY = "ready"
    """The video is made; its link is known."""
    DOWNLOADING = "downloading"
    """The file is coming home."""
    DONE = "done"
    """The file is ours, or the id of the element."""
    REJECTED = "rejected"
    """Refused before any work. Not charged."""
    FAILED = "failed"
    """EvoLink gave up."""
    CANCELLED = "cancelled"
    """EvoLink says it was cancelled."""
    UNKNOWN = "unknown"
    """The answer to the paid request was lost. Only evidence or the person may move it."""
    STALLED = "stalled"
    """No end in sight; still looked at."""
    LINK_EXPIRED = "link_expired"
    """The link died before the file was ours; a fresh link can revive it."""


MOVES: dict[State, frozenset[State]] = {
    State.NEW: frozenset({State.SUBMITTING, State.REJECTED}),
    State.SUBMITTING: frozenset({State.SUBMITTED, State.REJECTED, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.SUBMITTED, State.REJECTED}),
    State.SUBMITTED: frozenset({State.READY, State.DONE, State.FAILED, State.CANCELLED, State.STALLED}),
    State.STALLED: frozenset({State.READY, State.DONE, State.FAILED, State.CANCELLED}),
    State.READY: frozenset({State.DOWNLOADING}),
    State.DOWNLOADING: frozenset({State.DONE, State.LINK_EXPIRED}),
    State.LINK_EXPIRED: frozenset({State.DOWNLOADING}),
    State.DONE: frozenset(),
    State.REJECTED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}

ENDS = frozenset({State.DONE, State.REJECTED, State.FAILED, State.CANCELLED})
WAITING_FOR_A_PERSON = frozenset({State.UNKNOWN, State.LINK_EXPIRED})
"""Nobody drives these: only evidence or a person moves them on."""
RESTING = ENDS | WAITING_FOR_A_PERSON
OPEN = frozenset(State) - RESTING
"""Somebody drives these."""


class Money(StrEnum):
    """What a person wants to know first when something went wrong."""

    NOT_CHARGED = "not_charged"
    RESERVED = "reserved"
    CHARGED = "charged"
    UNKNOWN = "unknown"


def money(state: State) -> Money:
    """What is known about the money in a state."""
    match state:
        case State.NEW | State.REJECTED | State.FAILED:
            return Money.NOT_CHARGED
        case State.SUBMITTED | State.STALLED:
            return Money.RESERVED
        case State.READY | State.DOWNLOADING | State.DONE | State.LINK_EXPIRED:
            return Money.CHARGED
        case State.SUBMITTING | State.UNKNOWN | State.CANCELLED:
            return Money.UNKNOWN
        case _:
            assert_never(state)
