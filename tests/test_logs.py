"""What the program tells of itself: every move of a job, each in one line, and nothing that is nobody's business."""

import base64
import io
import json
import logging
import sqlite3
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from dataclasses import replace
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from pydantic import SecretStr, ValidationError

from app import Settings
from client.errors import OutcomeUnknown, Refused
from client.logs import LONGEST, ROOMS, begin, nothing_past_the_log
from client.redaction import MARK, Redaction
from client.schema import VideoRequest
from jobs.drive import drive
from jobs.engine import LocalEngine
from jobs.ride import Means
from jobs.shelf import Shelf
from jobs.states import State
from jobs.store import Store
from tests.hostile_texts import TEXTS
from tests.jobs.fakes import NAME, Clock, Delivery, Service, StillClock, finished, job, request

KEY = f"sk-live-{uuid4()}"
PROMPT = "Nobody else shall read that the heron lands"


class Log:
    """What was written so far."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def moves(self) -> list[tuple[str | None, str]]:
        return [(line["from"], line["to"]) for line in self.lines if "to" in line]


@pytest.fixture
def beginning(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Log]]:
    """Begins a log as the program does, and puts everything back in the end."""
    root = logging.getLogger()
    handlers, levels = root.handlers[:], {name: logging.getLogger(name).level for name in ("", *ROOMS)}
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)

    def beginning(**how: Any) -> Log:
        log = Log()
        begin(SecretStr(KEY), stream=log.stream, **how)
        return log

    yield beginning
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def log(beginning: Callable[..., Log]) -> Log:
    return beginning()


@pytest.fixture
async def means(tmp_path: Path) -> Any:
    clock = Clock()
    store = Store(tmp_path, clock)
    await store.open()
    shelf = Shelf(tmp_path)
    (tmp_path / "pictures").mkdir()
    shelf.picture(NAME).write_bytes(b"a picture")
    yield Means(store, shelf, Service(), Delivery(), clock, chance=lambda: 1.0)
    await store.close()


async def test_a_story_is_told_move_by_move_and_no_more_than_that(log: Log, means: Means) -> None:
    link = f"https://files.example.org/v.mp4?signature={token_urlsafe(32)}"
    means.service.task_answers = [finished(link)]  # type: ignore[attr-defined]
    new = job(request=request(prompt=PROMPT), owner=token_urlsafe(32))
    ended = await drive(await means.store.add(new), means)
    again = await means.store.add(replace(new, id="another"))
    assert again.id == ended.id
    assert log.moves == [
        (None, "new"),
        ("new", "submitting"),
        ("submitting", "submitted"),
        ("submitted", "ready"),
        ("ready", "downloading"),
        ("downloading", "done"),
    ]
    last = log.lines[-1]
    assert last.pop("time").endswith("+00:00")
    assert last == {
        "level": "INFO",
        "logger": "jobs.telling",
        "message": f"Job {new.id}: downloading -> done",
        "job": new.id,
        "kind": "video",
        "from": "downloading",
        "to": "done",
        "task_id": "task-unified-1-abc",
        "code": None,
    }
    for secret in (PROMPT, "heron", new.owner, new.token, new.callback_token, new.nonce + '"', link, NAME):
        assert secret not in log.text


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_whatever_a_service_says_a_refusal_is_one_line(log: Log, means: Means, text: str) -> None:
    refused = Refused("No.", code=text, detail=f"{text} {KEY}")
    means.service.submit_answers = [refused]  # type: ignore[attr-defined]
    ended = await drive(await means.store.add(job()), means)
    assert ended.state is State.REJECTED
    assert log.moves == [(None, "new"), ("new", "submitting"), ("submitting", "rejected")]
    assert log.lines[-1]["code"] == (refused.code or "refused")
    assert len(log.lines) == log.text.count("\n") == 3


async def test_what_is_no_move_is_not_told(log: Log, means: Means) -> None:
    means.service.submit_answers = [OutcomeUnknown("Lost.")]  # type: ignore[attr-defined]
    ended = await drive(await means.store.add(job()), means)
    assert log.moves[-1] == ("submitting", "unknown")
    assert log.lines[-1]["code"] == "outcome_unknown"
    told = len(log.lines)
    await means.store.write(ended, replace(ended, starred=True))
    assert len(log.lines) == told


async def test_a_driver_that_stumbles_tells_where_and_not_over_what(log: Log, means: Means) -> None:
    means.service.submit_answers = [RuntimeError(f"{KEY} {PROMPT}")]  # type: ignore[attr-defined]
    clock = StillClock()
    engine = LocalEngine(replace(means, clock=clock))
    await engine.start()
    made = await means.store.add(job())
    engine.begin(made.id)
    await clock.waiting.wait()
    await engine.stop()
    (stumble,) = (line for line in log.lines if "stumbled" in line["message"])
    assert (stumble["level"], stumble["job"]) == ("ERROR", made.id)
    assert "in order" in stumble["traceback"]
    assert PROMPT not in log.text


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_traceback_is_kept_with_its_line_and_without_the_key(beginning: Callable[..., Log], style: str) -> None:
    log = beginning(style=style)
    try:
        raise OSError(f"Bearer {KEY} failed\r\nERROR root: forged\x1b[2J")
    except OSError:
        logging.getLogger("jobs.x").exception("It broke\nERROR root: forged")
    assert "Traceback (most recent call last)" in log.text
    assert f"Bearer {MARK} failed" in log.text
    assert "\x1b" not in log.text
    assert [line for line in log.text.splitlines() if line.startswith("ERROR root")] == []
    if style == "json":
        (line,) = log.lines
        assert line["message"] == "It broke ERROR root: forged"
        assert line["traceback"].startswith("Traceback")
    else:
        first, *others = log.text.splitlines()
        assert first == "ERROR jobs.x: It broke ERROR root: forged"
        assert all(line.startswith("    ") for line in others)


def test_of_an_error_its_kind_is_told_and_what_came_before_it(log: Log) -> None:
    def broken() -> None:
        try:
            raise ExceptionGroup(PROMPT, [KeyError(PROMPT), TypeError(PROMPT)])
        except ExceptionGroup as group:
            raise RuntimeError(PROMPT) from group

    with pytest.raises(RuntimeError) as caught:
        broken()
    caught.value.__cause__.__context__ = caught.value  # type: ignore[union-attr]
    logging.getLogger("ui").error("Broken", exc_info=caught.value)
    told = log.lines[0]["traceback"]
    kinds = [line for line in told.splitlines() if line and not line.startswith((" ", "Traceback"))]
    assert kinds == ["…", "ExceptionGroup", "KeyError", "TypeError", "RuntimeError"]
    assert "in broken" in told
    assert PROMPT not in log.text


def test_without_what_came_before_where_that_is_wished(log: Log) -> None:
    try:
        try:
            raise KeyError(PROMPT)
        except KeyError:
            raise sqlite3.OperationalError("disk I/O error") from None
    except sqlite3.Error:
        logging.getLogger("jobs").exception("Broken")
    assert log.lines[0]["traceback"].endswith("OperationalError: disk I/O error")
    assert "KeyError" not in log.lines[0]["traceback"]


def test_of_a_long_traceback_the_end_is_told(log: Log) -> None:
    logging.getLogger("ui").error("Deep", extra={"traceback": "x" * 3 * LONGEST + "the end"})
    assert len(log.lines[0]["traceback"]) == LONGEST
    assert log.lines[0]["traceback"].endswith("the end")


def test_what_pydantic_refused_is_not_told(log: Log) -> None:
    try:
        VideoRequest.model_validate({"prompt": {"said": PROMPT}, "quality": PROMPT})
    except ValidationError as error:
        logging.getLogger("ui").error("Refused: %s", error)
        logging.getLogger("ui").exception("Refused")
    assert "heron" not in log.text
    assert "literal_error" in log.lines[0]["message"]
    assert log.lines[1]["traceback"].endswith("ValidationError")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("style", ["json", "text"])
def test_a_message_is_one_line_whatever_is_in_it(beginning: Callable[..., Log], style: str, text: str) -> None:
    log = beginning(style=style)
    logging.getLogger("sandbox").warning("It says: %s", text, extra={"code": text})
    assert log.text.count("\n") == len(log.text.splitlines()) == 1
    assert log.text.rstrip("\n").isprintable()
    assert len(log.text) < 20_000


def test_others_are_heard_only_when_something_is_wrong(log: Log) -> None:
    for name in ("httpx", "httpcore.connection", "uvicorn.access", "gradio"):
        logging.getLogger(name).info("HTTP Request: GET https://files.example.org/x?secret")
    logging.getLogger("jobs.purse").info("The balance was not told")
    logging.getLogger("httpx").warning("Strange")
    assert [line["message"] for line in log.lines] == ["The balance was not told", "Strange"]


def test_warnings_and_the_last_exception_are_lines_too(log: Log) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn(f"old way, {KEY}", stacklevel=1)
    sys.excepthook(OSError, OSError(KEY), None)
    told, last = log.lines
    assert (told["logger"], MARK in told["message"]) == ("py.warnings", True)
    assert (last["level"], last["message"], last["traceback"]) == (
        "CRITICAL",
        "OSError",
        f"Traceback (most recent call last):\nOSError: {MARK}",
    )


def test_what_is_printed_past_the_log_comes_in_its_lines(log: Log) -> None:
    with nothing_past_the_log() as stderr:
        assert stderr.writable()
        assert sys.stderr is stderr
        print("half", end="", file=sys.stderr)  # noqa: T201
        print(f" a line with {KEY}\n\n", file=sys.stderr)  # noqa: T201
    assert [(line["level"], line["logger"], line["message"]) for line in log.lines] == [
        ("WARNING", "stderr", f"half a line with {MARK}")
    ]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_traceback_that_is_printed_past_the_log_is_one_line_of_it(log: Log, at_once: bool) -> None:
    def broken() -> None:
        try:
            int(PROMPT)
        except ValueError:
            raise RuntimeError(f"Received inputs:\n  [{PROMPT}]\n{KEY}\n  {PROMPT}") from None

    with nothing_past_the_log():
        try:
            broken()
        except RuntimeError:
            if at_once:
                sys.stderr.write(traceback.format_exc())
            else:
                traceback.print_exc()
        print("and on", file=sys.stderr)  # noqa: T201
    broke, on = log.lines
    assert (broke["level"], broke["message"], on["message"]) == ("ERROR", "RuntimeError", "and on")
    assert broke["traceback"].startswith("Traceback (most recent call last):\n  File")
    assert "in broken" in broke["traceback"]
    assert "heron" not in log.text


def test_a_stream_that_is_gone_stops_nobody(beginning: Callable[..., Log]) -> None:
    log = beginning()
    log.stream.close()
    with nothing_past_the_log():
        logging.getLogger("jobs").info("Into the void")
        print("and this", file=sys.stderr)  # noqa: T201


def spellings(key: str) -> dict[str, str]:
    return {
        "as it is": key,
        "in a header": f"Authorization: Bearer {key}",
        "cut short": key[:20],
        "its end": key[-15:],
        "percent": "".join(f"%{byte:02X}" for byte in key.encode()),
        "a query": quote(f"a key={key}"),
        "hexadecimal": key.encode().hex(),
        **{
            f"base64 {before}": base64.b64encode(b"?" * before + key.encode() + b"&rest").decode()
            for before in range(4)
        },
        "urlsafe": base64.urlsafe_b64encode(f"{{'k': '{key}'}}".encode()).decode(),
        "basic": base64.b64encode(f"user:{key}".encode()).decode(),
    }


@pytest.mark.parametrize("spelling", spellings(KEY).values(), ids=spellings(KEY))
def test_the_key_is_taken_out_however_it_is_spelled(spelling: str) -> None:
    told = Redaction(SecretStr(KEY))(f"before {spelling} after")
    assert told.startswith("before ")
    assert told.endswith(" after")
    assert told.count(MARK) == 1
    for piece in (KEY[8:20], KEY[-12:], base64.b64encode(KEY.encode()).decode()[8:20], KEY.encode().hex()[8:20]):
        assert piece.lower() not in told.lower()


@pytest.mark.parametrize("key", ["sk-test", "x" * 40, "a\"b'c\\d{e}f"])
def test_keys_of_any_kind(key: str) -> None:
    redact = Redaction(SecretStr(key))
    assert redact(f"{key}, {key}") == f"{MARK}, {MARK}"
    assert redact("Nothing of the kind") == "Nothing of the kind"


@pytest.mark.parametrize("key", [None, SecretStr("")])
def test_without_a_key_there_are_other_secrets(key: SecretStr | None) -> None:
    redact, token = Redaction(key), token_urlsafe(32)
    assert redact(f"GET /v/{token}?download=1") == f"GET /v/{token[:6]}…?download=1"
    assert redact(f"owner={token}") == f"owner={token[:6]}…"
    assert redact("https://user:pass@host.example/a.mp4?sig=1&x=2 (403)") == "https://host.example/a.mp4?… (403)"
    assert redact("https://host.example/a.mp4") == "https://host.example/a.mp4"
    for plain in (uuid4().hex, "a" * 64, "task-unified-1757165031-abc", "no?thing"):
        assert redact(plain) == plain


def test_on_a_terminal_it_is_plain(beginning: Callable[..., Log], monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    beginning()
    with redirect_stderr(terminal):
        begin(None)
    logging.getLogger("jobs").warning("Plain")
    assert terminal.getvalue() == "WARNING jobs: Plain\n"


@pytest.mark.parametrize(("said", "style"), [("", None), ("json", "json"), ("text", "text")])
def test_a_setting_says_how(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, style: str | None) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIRSTFRAME_LOG", said)
    assert Settings().log == style
    monkeypatch.setenv("FIRSTFRAME_LOG", "loud")
    with pytest.raises(ValidationError, match="FIRSTFRAME_LOG"):
        Settings()
