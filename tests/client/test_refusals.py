import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from client.refusals import error_body, refusal, retry_after


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, KeyRefused),
        (402, OutOfCredits),
        (403, KeyRefused),
        (404, NotFound),
        (409, Refused),
        (413, TooLarge),
        (422, Refused),
        (429, TooManyRequests),
        (500, Unavailable),
        (503, Unavailable),
        (524, Unavailable),
        (302, Unavailable),
        (204, Unavailable),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>Sorry</html>", b'{"error": {"code": 7, "message": "no"}}'])
def test_the_kind_of_a_refused_reading(status: int, kind: type[EvoLinkError], body: bytes) -> None:
    error = refusal(status, {}, body)
    assert type(error) is kind
    assert error.status == status
    assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("envelope", "code", "message"),
    [
        ({"error": {"code": "invalid_request", "message": "Bad.", "type": "x"}}, "invalid_request", "Bad."),
        ({"error": {"code": 401, "message": "Bad."}}, "401", "Bad."),
        ({"error": {"code": None, "message": None}}, None, None),
        ({"error": {"code": ["odd"], "message": {"odd": 1}}}, None, None),
        ({"error": "invalid_grant", "error_description": "Sign in."}, "invalid_grant", "Sign in."),
        ({"success": False, "code": 40003, "msg": "Full."}, "40003", "Full."),
        ({"success": False}, None, None),
        ({"code": "x", "message": "Bad."}, "x", "Bad."),
    ],
)
def test_both_envelopes_are_read(envelope: object, code: str | None, message: str | None) -> None:
    said = error_body(json.dumps(envelope).encode())
    assert said is not None
    assert (said.code, said.message) == (code, message)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"null", b"[]", b'{"data": []}', b'{"error": null}', b'{"error": ""}', b"\xff\xff"]
)
def test_what_is_no_error(body: bytes) -> None:
    assert error_body(body) is None


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (200, 401, KeyRefused),
        (200, 404, NotFound),
        (200, 500, Unavailable),
        (200, 40001, TooLarge),
        (400, 40001, TooLarge),
        (200, 40002, Refused),
        (200, 40003, Refused),
        (200, 40004, Refused),
        (200, 50001, Unavailable),
        (200, 12, Unavailable),
    ],
)
def test_the_files_service_says_no_in_its_own_way(status: int, code: int, kind: type[EvoLinkError]) -> None:
    error = refusal(status, {}, json.dumps({"success": False, "code": code, "msg": "no"}).encode())
    assert type(error) is kind
    assert error.code == str(code)


def test_used_up_space_has_a_sentence_of_its_own() -> None:
    error = refusal(200, {}, b'{"success": false, "code": 40003, "msg": "quota"}')
    assert str(error) == "The space for pictures on the EvoLink account is used up."


def test_the_trace_is_taken_out_of_the_message() -> None:
    body = b'{"error": {"code": "x", "message": "Went wrong (request id: 2026ab)"}}'
    error = refusal(400, {}, body)
    assert (error.detail, error.request_id) == ("Went wrong", "2026ab")
    assert refusal(400, {"x-oneapi-request-id": "h1"}, body).request_id == "h1"
    assert refusal(400, {"x-request-id": "h2", "x-oneapi-request-id": "h1"}, body).request_id == "h2"


def test_remote_text_never_reaches_the_sentence_and_is_made_harmless() -> None:
    nasty = "<script>\x1b[31m\r\nX: 1 \u202egnp\u200b " + "long " * 200
    error = refusal(400, {}, json.dumps({"error": {"code": "c\n\u202e", "message": nasty}}).encode())
    assert str(error) == "EvoLink did not accept the request."
    assert error.detail.startswith("<script> X: 1 gnp long")
    assert len(error.detail) == 300
    assert error.code == "c"


def test_html_is_kept_folded_away() -> None:
    assert refusal(502, {}, b"<html>\nBad gateway</html>").detail == "<html> Bad gateway</html>"


def test_retry_after() -> None:
    assert retry_after({}) is None
    assert retry_after({"retry-after": "7"}) == 7
    assert retry_after({"retry-after": "1.5"}) == 1.5
    assert retry_after({"retry-after": "999999999999"}) == 86_400
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({"retry-after": "1.2.3"}) is None
    assert retry_after(httpx.Headers({"Retry-After": "3"})) == 3


def test_retry_after_as_a_date_is_counted_by_the_services_clock() -> None:
    there = datetime(2001, 1, 1, tzinfo=UTC)
    headers = {"date": format_datetime(there), "retry-after": format_datetime(there + timedelta(seconds=20))}
    assert retry_after(headers) == 20
    assert retry_after({**headers, "retry-after": format_datetime(there - timedelta(seconds=20))}) == 0
    assert retry_after({"retry-after": "Mon, 01 Jan 2001 00:00:00 -0000"}) == 0
    soon = retry_after({"retry-after": format_datetime(datetime.now(UTC) + timedelta(hours=1))})
    assert soon is not None
    assert 3500 < soon <= 3600


@given(st.integers(100, 599), st.binary(max_size=200), st.text(max_size=30))
def test_any_answer_gives_an_error_of_ours(status: int, body: bytes, later: str) -> None:
    assert isinstance(refusal(status, {"retry-after": later}, body), EvoLinkError)
