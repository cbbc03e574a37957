"""A job of which little more is left than its task or its clip."""

from dataclasses import replace
from typing import Final

from client.elements import ElementRequest
from client.schema import VideoRequest
from jobs.job import Job, Kind, new_job
from jobs.states import State

TITLE: Final = "Found again"
"""Stands where the words of the request stood, which nobody knows any more."""
LENGTHS: Final = range(3, 16)
"""Seconds that a video may last."""


def found_job(kind: Kind, *, owner: str, nonce: str, now: float, seconds: float | None = None) -> Job:
    """A job with a task or a clip still to be given to it. It is never sent: its state is past that."""
    request = _element() if kind is Kind.ELEMENT else _video(seconds)
    return replace(new_job(request, owner=owner, nonce=nonce, now=now), state=State.UNKNOWN)


def request_is_known(job: Job) -> bool:
    """Whether its request is what a person asked for, and no stand-in."""
    return not (job.body is None and isinstance(job.request, VideoRequest) and job.request.prompt == TITLE)


def _video(seconds: float | None) -> VideoRequest:
    length = round(seconds or 0)
    asked = {"prompt": TITLE, "duration": length} if length in LENGTHS else {"prompt": TITLE}
    return VideoRequest.model_validate(asked, context={"pictures_optional": True})


def _element() -> ElementRequest:
    """An element has pictures; these have names under which nothing lies."""
    pictures = {"frontal_image": "upload:gone", "refer_images": [{"image_url": "upload:gone"}]}
    params = {"element_name": TITLE, "element_description": TITLE, "element_image_list": pictures}
    return ElementRequest.model_validate({"model_params": params})
