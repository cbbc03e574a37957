"""How a sandbox behaves. Where EvoLink's own behaviour is not known, there is a switch with a lenient default."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

ExtraFields = Literal["ignore", "refuse"]
Idempotency = Literal["honours", "ignores", "paid_outcome_unknown"]
UnknownElements = Literal["accept", "refuse"]
FileErrors = Literal["status", "inside_200"]


def _spare_processors() -> int:
    return max(1, (os.cpu_count() or 1) - 1)


@dataclass(frozen=True)
class SandboxSettings:
    """Times are in seconds, money in credits."""

    data: Path
    """Tasks, pictures and videos lie here. One sandbox at a time."""
    key: SecretStr | None = None
    """The only key that is let in; without one, any that is not empty."""
    credits: float = 1000.0
    """What the account holds at the beginning."""
    pictures_required: bool = False
    """Refuse a request without any picture at once."""
    extra_fields: ExtraFields = "ignore"
    """What happens to a field that is not in the contract."""
    unknown_elements: UnknownElements = "accept"
    """What happens to an element id that was not made here."""
    idempotency: Idempotency = "honours"
    """What a repeated `Idempotency-Key` does: give the first task, make another one, or leave everybody in the dark."""
    file_errors: FileErrors = "status"
    """Whether the files service refuses with a status of its own or inside a 200."""
    submits_per_minute: int | None = None
    """More than these get a 429."""
    renders_at_once: int = field(default_factory=_spare_processors)
    link_life: float = 24 * 3600
    """How long a video can be fetched."""
    file_life: float = 72 * 3600
    """How long an uploaded picture is kept."""
    max_files: int = 2000
    drills: bool = False
    """Let faults be armed, and the ledger be read, over HTTP under `/sandbox`."""
