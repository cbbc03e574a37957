"""What the program tells of itself: one line each on stderr, as JSON for machines, or plain on a terminal."""

import io
import json
import logging
import re
import sqlite3
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr
from datetime import UTC, datetime
from threading import RLock
from typing import Any, Final, Literal, TextIO

from pydantic import SecretStr

from client.errors import EvoLinkError
from client.plain import MOST, plain
from client.redaction import Redaction

Style = Literal["json", "text"]

FIELDS: Final = ("job", "kind", "from", "to", "task_id", "code")
"""What a record may tell besides its message, as `extra`. Its `traceback` may come that way, too."""
ROOMS: Final = ("client", "jobs", "sandbox", "ui")
"""Whose news are told; of others only what is wrong. httpx and its like write whole addresses into theirs."""
LONGEST: Final = 20_000
"""Characters of a traceback. What matters stands at its end."""

HARMLESS: Final = (EvoLinkError, OSError, sqlite3.Error)
"""Errors whose words hold nothing that somebody typed."""

logger = logging.getLogger(__name__)
past = logging.getLogger("stderr")


class Lines(logging.Formatter):
    """A record as one line of JSON, or as plain text whose further lines stand to the right of every beginning.

    Nothing secret and nothing that steers a terminal gets through, from tracebacks neither.
    """

    def __init__(self, style: Style, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._as_json = style == "json"
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        message, trace = self._told(record.getMessage()), self._trace(record)
        if not self._as_json:
            return f"{record.levelname} {record.name}: {message}" + trace.replace("\n", "\n    ")
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
        }
        for name in FIELDS:
            if name in record.__dict__:
                value = record.__dict__[name]
                said[name] = None if value is None else self._told(str(value))
        return json.dumps(said | ({"traceback": trace.strip("\n")} if trace else {}))

    def _told(self, text: str) -> str:
        return plain(self._redact(plain(text, None)), MOST)

    def _trace(self, record: logging.LogRecord) -> str:
        """On lines of its own, each with a line end before it."""
        found = getattr(record, "traceback", "")
        if record.exc_info and record.exc_info[1]:
            found = traced(record.exc_info[1])
        found = self._redact(plain(found, None, lines=True)).rstrip()
        return f"\n{found[-LONGEST:]}" if found else ""


def traced(error: BaseException, known: frozenset[int] = frozenset()) -> str:
    """Where it happened, and what kind it was; its own words only where they can be nobody's."""
    if id(error) in known:
        return "…"
    known |= {id(error)}
    kind = type(error).__qualname__
    trace = "Traceback (most recent call last):\n" + "".join(traceback.format_tb(error.__traceback__))
    trace += f"{kind}: {error}" if isinstance(error, HARMLESS) else kind
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    parts = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    blocks = [traced(before, known)] if before else []
    return "\n\n".join([*blocks, trace, *(traced(part, known) for part in parts)])


class Stray(io.TextIOBase):
    """Stands in the place of stderr while others write there past the log: each of their lines is told in it, each
    traceback as one and without the words of its error, which may be anybody's."""

    def __init__(self) -> None:
        self._rest = ""
        self._trace: list[str] = []
        self._lock = RLock()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with self._lock:
            *lines, self._rest = re.split(r"[\r\n]", self._rest + text)
            ended = False
            for line in lines:
                if line.startswith("Traceback ("):
                    self._trace, ended = [line], False
                elif self._trace and line[:1].isspace():
                    self._trace.append(line)
                elif self._trace:
                    self._tell(line.partition(":")[0])
                    ended = True
                elif line.strip() and not ended:
                    past.warning("%s", line)
        return len(text)

    def _tell(self, kind: str) -> None:
        trace, self._trace = "\n".join([*self._trace, kind]), []
        past.error("%s", kind, extra={"traceback": trace})


def begin(key: SecretStr | None, style: Style | None = None, stream: TextIO | None = None) -> None:
    """From now on whatever is logged is told without the key. Without a style: plain where somebody looks on."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines(style or ("text" if stream.isatty() else "json"), Redaction(key)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for room in ROOMS:
        logging.getLogger(room).setLevel(logging.INFO)
    logging.captureWarnings(True)
    # A line that cannot be written is given up: to tell of it would be another one.
    logging.raiseExceptions = False
    sys.excepthook = lambda kind, error, trace: logger.critical("%s", kind.__name__, exc_info=(kind, error, trace))


def nothing_past_the_log() -> redirect_stderr[Stray]:
    """While it is open, what others write to stderr comes as lines of the log."""
    return redirect_stderr(Stray())
