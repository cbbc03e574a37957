"""How events of the page behave. None of them is offered to programs."""

from typing import Any, Final

PAGE: Final[dict[str, Any]] = {"api_visibility": "private", "show_progress": "hidden"}

QUICK: Final[dict[str, Any]] = PAGE | {"queue": False}
"""Answers at once, without a place in the queue."""

PATIENT: Final[dict[str, Any]] = PAGE | {"concurrency_limit": None, "trigger_mode": "multiple"}
"""Mostly waits, and so is in nobody's way."""
