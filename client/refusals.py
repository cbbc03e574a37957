"""What EvoLink's error answers say, read from either of its two envelopes."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

from client.answers import ErrorBody
from client.bodies import UnreadableBody, read_json
from client.errors import (
    EvoLinkError,
    KeyRefused,
    NotFound,
    OutOfCredits,
    Refused,
    TooLarge,
    TooManyRequests,
    Unavailable,
)

UNREADABLE: Final = "EvoLink's answer could not be read."

_TRACE = re.compile(r"\s*\(request id:\s*([^()]*)\)\s*$", re.IGNORECASE)
_FILES_STATUS: Final = {"40001": 413, "40002": 415, "40003": 403, "40004": 400, "50001": 500}
"""The files service's own numbers; which HTTP status comes with them is not documented."""
_MAX_MESSAGE: Final = 2000
_MAX_RETRY_AFTER: Final = 86_400.0


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> EvoLinkError:
    """The error behind an answer to something free. `headers` by lower-case name, or case-insensitive."""
    said = error_body(body)
    return refused(_meant(status, said), headers, said or ErrorBody(message=_sample(body)))


def error_body(body: bytes) -> ErrorBody | None:
    """What an error answer says; None when it is no error in either envelope."""
    try:
        answer = read_json(body)
    except UnreadableBody:
        return None
    found = _unwrapped(answer)
    if found is None:
        return None
    said = ErrorBody.model_validate(found)
    message = (said.message or "")[:_MAX_MESSAGE]
    trace = _TRACE.search(message)
    if not trace:
        return said
    return said.model_copy(
        update={"message": message[: trace.start()], "request_id": said.request_id or trace[1].strip()}
    )


def refused(status: int, headers: Mapping[str, str], said: ErrorBody) -> EvoLinkError:
    """The error for a status, with what was said folded away in it."""
    kind, sentence = _kind(status, said.code or "")
    return kind(
        sentence,
        code=said.code or "",
        detail=said.message or "",
        status=status,
        request_id=request_id(headers) or said.request_id or "",
        retry_after=retry_after(headers),
    )


def request_id(headers: Mapping[str, str]) -> str:
    """The id to name when asking EvoLink for help."""
    return headers.get("x-request-id") or headers.get("x-oneapi-request-id") or ""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from seconds or a date, a day at most; the date is counted from the answer's own clock."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value) if re.fullmatch(r"[0-9.]+", value) else _until(value, headers.get("date", ""))
    except (ValueError, OverflowError):
        return None
    return max(0.0, min(_MAX_RETRY_AFTER, seconds))


def _until(value: str, date: str) -> float:
    then = parsedate_to_datetime(value)
    try:
        now = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        now = datetime.now(UTC)
    return (_aware(then) - _aware(now)).total_seconds()


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _unwrapped(answer: Any) -> dict[str, Any] | None:
    """The members of ErrorBody from `{error: {...}}`, `{error: "x", error_description}` or `{success, code, msg}`."""
    match answer:
        case {"error": dict() as error}:
            return error
        case {"error": str() as code} if code:
            return {"code": code, "message": answer.get("error_description")}
        case {"success": False} | {"code": _, "msg": _} | {"code": _, "message": _}:
            return {**answer, "message": answer.get("msg") or answer.get("message")}
        case _:
            return None


def _meant(status: int, said: ErrorBody | None) -> int:
    """The status that counts: the files service may say no inside a 200, or with numbers of its own."""
    code = (said.code or "") if said else ""
    if code in _FILES_STATUS:
        return _FILES_STATUS[code]
    if status < HTTPStatus.BAD_REQUEST and re.fullmatch("[45][0-9][0-9]", code):
        return int(code)
    return status


def _sample(body: bytes) -> str:
    """The beginning of an answer that is no JSON, for the folded-away details."""
    return body[:600].decode("utf-8", errors="replace")


def _kind(status: int, code: str) -> tuple[type[EvoLinkError], str]:
    match status:
        case _ if code == "40003":
            return Refused, "The space for pictures on the EvoLink account is used up."
        case 401:
            return KeyRefused, "EvoLink did not accept the key."
        case 403:
            return KeyRefused, "EvoLink does not let this key do that."
        case 402:
            return OutOfCredits, "There are not enough credits on the EvoLink account."
        case 404:
            return NotFound, "EvoLink does not know what was asked for."
        case 413:
            return TooLarge, "That is too large for EvoLink."
        case 429:
            return TooManyRequests, "EvoLink asks us to wait a little."
        case _ if 400 <= status < 500:
            return Refused, "EvoLink did not accept the request."
        case _ if status >= 500:
            return Unavailable, "EvoLink is in trouble right now."
        case _:
            return Unavailable, UNREADABLE
