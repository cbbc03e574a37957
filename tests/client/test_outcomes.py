import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.answers import Task
from client.errors import (
    EvoLinkError,
    KeyRefused,
    NotFound,
    NotSent,
    OutcomeUnknown,
    OutOfCredits,
    Refused,
    TooLarge,
    TooManyRequests,
)
from client.outcomes import Receipt, classify
from client.wire import Answer

RECEIPT = {
    "id": "task-unified-1790000000-a1b2c3d4",
    "object": "video.generation.task",
    "created": 1790000000,
    "model": "kling-o3-image-to-video",
    "type": "video",
    "status": "pending",
    "progress": 0,
    "task_info": {"can_cancel": True, "estimated_time": 300, "video_duration": 5},
    "usage": {"billing_rule": "per_second", "credits_reserved": 27, "user_group": "default"},
}


def error(code: str | int = "some_code", message: str = "No.") -> bytes:
    return json.dumps({"error": {"code": code, "message": message, "type": "some_type"}}).encode()


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    return Answer(status, headers, body)


def outcome(status: int, headers: dict[str, str], body: bytes) -> Receipt | EvoLinkError:
    return classify(Answer(status, headers, body))


SAFE, UNKNOWN, WAIT = NotSent, OutcomeUnknown, TooManyRequests
TOLD = json.dumps(RECEIPT).encode()
WHEN_MAY_A_POST_BE_SENT_AGAIN: dict[str, tuple[type[EvoLinkError], list[Answer | Exception]]] = {
    "ConnectError": (
        SAFE,
        [httpx.ConnectError("refused"), httpx.ConnectError("no such name"), httpx.ConnectError("TLS")],
    ),
    "ConnectTimeout": (SAFE, [httpx.ConnectTimeout("slow")]),
    "PoolTimeout": (SAFE, [httpx.PoolTimeout("full")]),
    "UnsupportedProtocol": (SAFE, [httpx.UnsupportedProtocol("gopher")]),
    "ReadError": (UNKNOWN, [httpx.ReadError("reset after the request"), httpx.ReadError("reset at accept")]),
    "ReadTimeout": (UNKNOWN, [httpx.ReadTimeout("silent"), TimeoutError()]),
    "RemoteProtocolError": (
        UNKNOWN,
        [
            httpx.RemoteProtocolError("Server disconnected without sending a response."),
            httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
            httpx.RemoteProtocolError("illegal status line"),
        ],
    ),
    "a kept connection, reset": (UNKNOWN, [httpx.ReadError(""), httpx.CloseError("reset")]),
    "WriteError": (UNKNOWN, [httpx.WriteError("reset")]),
    "WriteTimeout": (UNKNOWN, [httpx.WriteTimeout("stuck")]),
    "2xx that cannot be read": (
        UNKNOWN,
        [answer(status, body) for status in (200, 202) for body in (b"", b"<html>", b'{"id": ""}', TOLD[:-30])],
    ),
    "204": (UNKNOWN, [answer(204)]),
    "3xx": (
        UNKNOWN,
        [answer(status, TOLD, location="https://elsewhere.example.org/") for status in (301, 302, 307, 308)],
    ),
    "400 with an error body": (Refused, [answer(400, error())]),
    "401 with an error body": (KeyRefused, [answer(401, error())]),
    "402 with an error body": (OutOfCredits, [answer(402, error())]),
    "403 with an error body": (KeyRefused, [answer(403, error())]),
    "404 with an error body": (NotFound, [answer(404, error())]),
    "413 with an error body": (TooLarge, [answer(413, error())]),
    "422 with an error body": (Refused, [answer(422, error())]),
    "429 with an API error body": (WAIT, [answer(429, error(), **{"retry-after": "7"})]),
    "500": (UNKNOWN, [answer(500, error()), answer(500, b"<html>")]),
    "502": (UNKNOWN, [answer(502, error()), answer(502, b"<html>")]),
    "503": (UNKNOWN, [answer(503, error()), answer(503, b"<html>")]),
    "504": (UNKNOWN, [answer(504, error()), answer(504, b"")]),
}


@pytest.mark.parametrize("row", WHEN_MAY_A_POST_BE_SENT_AGAIN)
def test_when_may_a_post_be_sent_again_by_itself(row: str) -> None:
    kind, outcomes = WHEN_MAY_A_POST_BE_SENT_AGAIN[row]
    assert {type(classify(came)) for came in outcomes} == {kind}


@pytest.mark.parametrize(
    "broken",
    [
        httpx.LocalProtocolError("ours"),
        httpx.ProxyError("proxy"),
        httpx.DecodingError("packed"),
        OSError("something"),
        RuntimeError("unforeseen"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_else_was_raised_leaves_it_unknown(broken: Exception) -> None:
    assert type(classify(broken)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, KeyRefused),
        (402, OutOfCredits),
        (403, KeyRefused),
        (404, NotFound),
        (405, Refused),
        (413, TooLarge),
        (415, Refused),
        (422, Refused),
        (429, TooManyRequests),
        (408, OutcomeUnknown),
        (409, OutcomeUnknown),
        (499, OutcomeUnknown),
        (500, OutcomeUnknown),
        (502, OutcomeUnknown),
        (503, OutcomeUnknown),
        (504, OutcomeUnknown),
        (524, OutcomeUnknown),
        (301, OutcomeUnknown),
        (307, OutcomeUnknown),
        (200, OutcomeUnknown),
        (202, OutcomeUnknown),
    ],
)
def test_a_status_with_an_error_body(status: int, kind: type[EvoLinkError]) -> None:
    result = outcome(status, {"x-request-id": "trace-1"}, error("code_1", "Said."))
    assert type(result) is kind
    assert isinstance(result, EvoLinkError)
    assert (result.status, result.code, result.detail, result.request_id) == (status, "code_1", "Said.", "trace-1")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_a_documented_refusal_is_believed_in_any_json_but_not_in_html(status: int) -> None:
    assert isinstance(outcome(status, {}, b'{"detail": "no"}'), Refused)
    assert isinstance(outcome(status, {}, b"<html>blocked</html>"), OutcomeUnknown)
    assert isinstance(outcome(status, {}, b""), OutcomeUnknown)
    assert isinstance(outcome(status, {}, b'"no"'), OutcomeUnknown)


@pytest.mark.parametrize("status", [405, 408, 418, 429])
def test_another_status_needs_an_error_body(status: int) -> None:
    assert isinstance(outcome(status, {}, b'{"detail": "no"}'), OutcomeUnknown)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"<html></html>", b"null", b"[]", b'{"id": ""}', b'{"id": null}', b"\xff\xfe", b"[" * 100_000]
)
def test_a_success_that_cannot_be_read(body: bytes) -> None:
    assert isinstance(outcome(200, {}, body), OutcomeUnknown)


def test_no_content() -> None:
    assert isinstance(outcome(204, {}, b""), OutcomeUnknown)


def test_a_receipt() -> None:
    task = outcome(200, {}, json.dumps(RECEIPT).encode())
    assert isinstance(task, Task)
    assert (task.id, task.status, task.estimated_seconds) == (RECEIPT["id"], "pending", 300)
    assert task.usage is not None
    assert task.usage.credits_reserved == 27


def test_a_receipt_may_say_202_and_processing() -> None:
    task = outcome(202, {}, json.dumps({**RECEIPT, "status": "processing", "progress": 1}).encode())
    assert isinstance(task, Task)
    assert (task.status, task.progress) == ("processing", 1)


@pytest.mark.parametrize(("said", "replayed"), [({}, False), ({"idempotency-replayed": "True"}, True)])
def test_a_receipt_tells_whether_it_is_a_replay(said: dict[str, str], replayed: bool) -> None:
    for body in (RECEIPT, {**RECEIPT, "replayed": "who knows"}):
        receipt = outcome(200, said, json.dumps(body).encode())
        assert isinstance(receipt, Receipt)
        assert receipt.replayed is replayed


def test_the_word_of_the_idempotency_check_counts() -> None:
    for status in (400, 409, 422, 425):
        assert isinstance(outcome(status, {}, error("paid_outcome_unknown")), OutcomeUnknown)
    assert isinstance(outcome(409, {}, error("idempotency_conflict")), Refused)


@given(st.integers(100, 599), st.binary(max_size=200))
def test_any_answer_has_an_outcome(status: int, body: bytes) -> None:
    result = outcome(status, {}, body)
    assert isinstance(result, Task | Refused | OutcomeUnknown)
    if status >= 500 or status < 400:
        assert not isinstance(result, Refused)
