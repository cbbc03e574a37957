"""What became of a paid request. Pure: nothing is sent from here.

One rule about money: when the request might have arrived, the outcome is unknown, and no machine sends it again.
"""

from typing import Any, Final

import httpx
from pydantic import ValidationError

from client.answers import ErrorBody, Task
from client.bodies import UnreadableBody, read_json
from client.errors import EvoLinkError, NotSent, OutcomeUnknown
from client.refusals import error_body, refused, request_id
from client.wire import Answer

NEVER_ARRIVED: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""The only failures that prove that no connection was made."""

REFUSED_BEFORE_WORK: Final = frozenset({400, 401, 402, 403, 404, 413, 422})
"""Documented refusals: believed in any JSON, even one without an error in it."""

PAID_OUTCOME_UNKNOWN: Final = "paid_outcome_unknown"
"""EvoLink's word for an order whose key it knows, and of which it cannot tell what became."""

MAY_STILL_RUN: Final = frozenset({408, 409, 499})
"""What gateways say when they lost patience, or when the same request is still under way."""


class Receipt(Task):
    """A task as the answer to its order. `replayed`: it had been made before, by an order with the same key."""

    replayed: bool = False


def classify(came: Answer | Exception) -> Receipt | EvoLinkError:
    """The receipt; NotSent, which may be sent again; a refusal in its kinds, for which nothing was charged; or
    OutcomeUnknown. What is none of the rest is unknown."""
    if isinstance(came, NEVER_ARRIVED):
        return NotSent("EvoLink could not be reached. Nothing was sent.", detail=str(came))
    if isinstance(came, Exception):
        return OutcomeUnknown(
            "The connection broke before EvoLink's answer came. It may have taken the request.", detail=str(came)
        )
    said = error_body(came.body)
    if 200 <= came.status < 300:
        return _receipt(came) or _unknown(came, said)
    if _said_no(came.status, said, came.body):
        return refused(came.status, came.headers, said or ErrorBody())
    return _unknown(came, said)


def _receipt(came: Answer) -> Receipt | None:
    replayed = came.headers.get("idempotency-replayed", "").strip().lower() == "true"
    try:
        said = read_json(came.body)
        return Receipt.model_validate({**said, "replayed": replayed} if isinstance(said, dict) else said)
    except (UnreadableBody, ValidationError):
        return None


def _said_no(status: int, said: ErrorBody | None, body: bytes) -> bool:
    if not 400 <= status < 500 or (said and said.code == PAID_OUTCOME_UNKNOWN):
        return False
    if said and said.code == "idempotency_conflict":
        return True
    if said:
        return status not in MAY_STILL_RUN
    return status in REFUSED_BEFORE_WORK and isinstance(_json(body), dict | list)


def _json(body: bytes) -> Any:
    try:
        return read_json(body)
    except UnreadableBody:
        return None


def _unknown(came: Answer, said: ErrorBody | None) -> OutcomeUnknown:
    return OutcomeUnknown(
        "EvoLink's answer does not tell whether it took the request.",
        code=(said.code if said else None) or "",
        detail=(said.message if said else None) or came.body[:600].decode("utf-8", errors="replace"),
        status=came.status,
        request_id=request_id(came.headers) or (said.request_id if said else None) or "",
    )
