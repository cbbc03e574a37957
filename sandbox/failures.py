"""Why a task fails, in EvoLink's codes."""

from typing import Final

MESSAGES: Final = {
    "content_policy_violation": "The content was blocked by the safety filter. Change the picture or the prompt.",
    "invalid_parameters": "A parameter or a picture is outside of what is allowed.",
    "image_processing_error": "The input image could not be read.",
    "image_dimension_mismatch": "The shape of the image does not fit the requested aspect ratio.",
    "request_cancelled": "The request was cancelled or interrupted.",
    "generation_failed_no_content": "The model produced no content. Try another prompt.",
    "service_error": "The service had a temporary fault. Try again in a while.",
    "generation_timeout": "The generation took too long.",
    "resource_exhausted": "The provider has no capacity at the moment.",
    "quota_exceeded": "Too many requests, or the balance is used up.",
    "service_unavailable": "The service is not available at the moment.",
    "resource_not_found": "The task does not exist, or has expired.",
    "unknown_error": "Something went wrong that has no name.",
}


class TaskFailed(Exception):
    """The task ends here. `code` is EvoLink's; the message is for a person."""

    def __init__(self, code: str, message: str | None = None) -> None:
        super().__init__(message or MESSAGES.get(code, MESSAGES["unknown_error"]))
        self.code = code
