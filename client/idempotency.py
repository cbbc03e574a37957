"""Whether EvoLink folds two orders with the same Idempotency-Key into one, as far as that was ever seen."""

import json
import os
from enum import StrEnum
from pathlib import Path

from client.addresses import origin
from client.outcomes import Receipt


class Idempotency(StrEnum):
    """What is known of one base address."""

    UNPROVEN = "unproven"
    """Nobody has seen it. Treated like absent."""
    PROVEN = "proven"
    """An order that came twice was made once: after a lost answer it may be asked for once more."""
    ABSENT = "absent"
    """An order that came twice was made twice."""


def judged(first: Receipt, second: Receipt) -> Idempotency:
    """What two receipts for the same bytes with the same key prove. The same task without EvoLink's word that it is a
    replay proves nothing."""
    if first.id != second.id:
        return Idempotency.ABSENT
    return Idempotency.PROVEN if second.replayed else Idempotency.UNPROVEN


class Proofs:
    """A small file that remembers, for each base address, what was seen. What it does not tell is unproven."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def standing(self, base_url: str) -> Idempotency:
        """A file that is missing or damaged tells nothing."""
        try:
            return Idempotency(self._read()[_name(base_url)])
        except (KeyError, ValueError):
            return Idempotency.UNPROVEN

    def keep(self, base_url: str, standing: Idempotency) -> None:
        """Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps({**self._read(), _name(base_url): standing.value}, indent=1))
        os.replace(draft, self._path)

    def _read(self) -> dict[str, str]:
        try:
            told = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}


def _name(base_url: str) -> str:
    return origin(base_url) or base_url
