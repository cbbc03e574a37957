"""How the sandbox says no: EvoLink's envelopes, those of the files service, and those of the framework."""

from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

FILES = "/api/v1/files"
CREDITS = "/v1/credits"

INVALID = "invalid_request_error"

_WORDS: dict[int, tuple[str, str, str]] = {
    400: ("invalid_request", INVALID, "Invalid request parameters."),
    401: ("unauthorized", "authentication_error", "Invalid or expired token."),
    402: ("insufficient_quota", "insufficient_quota", "Insufficient quota. Please top up."),
    403: ("model_access_denied", INVALID, "Token does not have access to this model."),
    404: ("not_found", INVALID, "There is nothing here."),
    405: ("method_not_allowed", INVALID, "This is not done here."),
    409: ("idempotency_conflict", INVALID, "The same Idempotency-Key came with another body."),
    410: ("gone", INVALID, "This link has expired."),
    413: ("request_too_large", INVALID, "The request is too large. Send links instead of inline data."),
    415: ("unsupported_media_type", INVALID, "Unsupported media type."),
    429: ("rate_limit_exceeded", "rate_limit_error", "Too many requests. Please try again later."),
    500: ("internal_error", "api_error", "Internal server error."),
    502: ("upstream_error", "upstream_error", "Upstream AI service unavailable."),
    503: ("service_unavailable", "api_error", "No available channel for this model."),
}

_WORDS_AT_TASKS: dict[int, tuple[str, str, str]] = {
    402: ("quota_exceeded", "insufficient_quota", "Insufficient quota. Please top up."),
    403: ("permission_denied", INVALID, "You do not have permission to see this task."),
    404: ("task_not_found", INVALID, "Task not found."),
    429: ("rate_limit_exceeded", "evo_api_error", "Too many requests. Please try again later."),
    500: ("internal_error", "api_error", "Failed to retrieve task status."),
}


class Refusal(HTTPException):
    """No, in the words of the route that says it unless others are given."""

    def __init__(
        self,
        status: int,
        message: str | None = None,
        *,
        code: str | int | None = None,
        param: str | None = None,
        retry_after: float | None = None,
        hang_up: bool = False,
    ) -> None:
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
        super().__init__(status, message, headers | ({"Connection": "close"} if hang_up else {}))
        self.message = message
        self.code = code
        self.param = param


def envelope(
    path: str, status: int, *, message: str | None = None, code: str | int | None = None, param: str | None = None
) -> dict[str, Any]:
    """The body of a refusal. `/v1/credits` still speaks the older dialect, with a number for a code."""
    code_here, kind, sentence = _words(path, status)
    said = message or sentence
    if path.startswith(FILES):
        return {"success": False, "code": status if code is None else code, "msg": said}
    if path == CREDITS:
        error = {"code": status if code is None else code, "message": said, "type": kind}
        return {"error": error | {"fallback_suggestion": "Check the key, or try again later."}}
    error = {"code": code_here if code is None else code, "message": said, "type": kind}
    return {"error": error | ({"param": param} if param else {})}


def _words(path: str, status: int) -> tuple[str, str, str]:
    at_tasks = _WORDS_AT_TASKS.get(status) if path.startswith("/v1/tasks") else None
    return at_tasks or _WORDS.get(status) or _unusual(status)


def _unusual(status: int) -> tuple[str, str, str]:
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"
    return phrase.lower().replace(" ", "_"), "api_error" if status >= 500 else INVALID, f"{phrase}."


def say_no_in_envelopes(app: FastAPI, *, file_errors_inside_200: bool) -> None:
    """Puts every refusal of the app and of its framework into an envelope."""

    async def refuse(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        given = error if isinstance(error, Refusal) else Refusal(status)
        path = request.url.path
        body = envelope(path, status, message=given.message, code=given.code, param=given.param)
        inside = file_errors_inside_200 and path.startswith(FILES)
        headers = error.headers if isinstance(error, HTTPException) else None
        return JSONResponse(body, 200 if inside else status, headers)

    async def let_go(request: Request, error: Exception) -> Response:
        return Response(status_code=499)  # nobody hears it: the client hung up in the middle of the body

    async def refuse_parameters(request: Request, error: Exception) -> Response:
        first = cast(RequestValidationError, error).errors()[0]
        param = ".".join(str(part) for part in first["loc"][1:])
        return await refuse(request, Refusal(400, f"{param or 'The body'}: {first['msg']}.", param=param or None))

    app.add_exception_handler(HTTPException, refuse)
    app.add_exception_handler(RequestValidationError, refuse_parameters)
    app.add_exception_handler(ClientDisconnect, let_go)
    app.add_exception_handler(Exception, refuse)
