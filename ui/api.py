"""The endpoint for programs: `/generate`, its parameters named like the schema's fields."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from inspect import Parameter, Signature
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import gradio as gr
from gradio.components.api_component import Api
from pydantic import ValidationError

from client.errors import PictureError
from client.order import UPLOAD
from client.problems import problems
from client.schema import VideoRequest
from jobs.desk import Desk
from jobs.job import Job
from jobs.not_now import NotNow
from jobs.states import State
from ui import words
from ui.fields import inputs
from ui.languages import DEFAULT, language

FIELDS = [name for name in VideoRequest.model_fields if name != "model"]
REQUEST_ID: dict[str, Any] = {
    "type": "string",
    "pattern": "^[A-Za-z0-9._-]{16,96}$",
    "description": "A name of your own for this order, such as a UUID: called again with it, it is the same order.",
}


class Generate:
    """Starts a video from keyword arguments and streams a snapshot for each real change, the last one at rest."""

    def __init__(self, desk: Desk, *, sandbox: bool, public_url: str | None) -> None:
        self.desk = desk
        self.sandbox = sandbox
        self.public_url = public_url

    def offer(self) -> None:
        """Puts the endpoint into the present Blocks. It belongs to no visible component."""
        schema = VideoRequest.model_json_schema()
        parameters = {name: _parameter(name, schema) for name in FIELDS}
        parameters["request_id"] = Api("", REQUEST_ID, "Request id")
        gr.Button(visible=False).click(
            self._with_defaults(parameters),
            inputs_kwargs=parameters,
            outputs=Api(None, {"type": "object"}, "snapshot"),
            api_name="generate",
            api_description="Turn a picture into a video. Streams snapshots; the last one has an end state.",
            concurrency_limit=None,
            trigger_mode="multiple",
        )

    def _with_defaults(self, parameters: dict[str, Api]) -> Callable[..., AsyncIterator[dict[str, Any]]]:
        """The handler with a signature of named parameters: Gradio reads from it what a program may leave out."""

        async def generate(request: gr.Request, **values: Any) -> AsyncIterator[dict[str, Any]]:
            async for snapshot in self.generate(request, **values):
                yield snapshot

        named = [Parameter(name, Parameter.KEYWORD_ONLY, default=given.value) for name, given in parameters.items()]
        request = Parameter("request", Parameter.POSITIONAL_OR_KEYWORD, annotation=gr.Request)
        generate.__signature__ = Signature([request, *named])  # type: ignore[attr-defined]
        return generate

    async def generate(self, request: gr.Request, **values: Any) -> AsyncIterator[dict[str, Any]]:
        """A `request_id` is nonce and owner in one: who knows it gets the same job, and nobody else does."""
        name = values.pop("request_id", None) or token_urlsafe(16)
        if not (isinstance(name, str) and re.fullmatch(REQUEST_ID["pattern"], name, re.ASCII)):
            yield _refusal("request_id: 16 to 96 letters, digits, dots, dashes or underscores.")
            return
        try:
            asked = await self._request(values)
            estimate = float(self.desk.prices.credits(asked))
            job = await self.desk.start(asked, owner=f"api:{name}", nonce=name, credits_estimated=estimate)
        except (ValidationError, PictureError, NotNow) as error:
            yield _refusal(_named(error) if isinstance(error, ValidationError) else str(error))
            return
        async for seen in self.desk.watch(job.id):
            yield self._snapshot(seen, request)

    async def _request(self, values: dict[str, Any]) -> VideoRequest:
        given = {name: value for name, value in values.items() if value not in (None, "", [])}
        for item in inputs():
            name = item.name
            if item.kind == "picture" and name in given:
                given[name] = await self._picture(given[name])
            elif item.kind == "pictures" and isinstance(given.get(name), list):
                given[name] = await asyncio.gather(*map(self._picture, given[name]))
        return VideoRequest.model_validate(given)

    async def _picture(self, given: Any) -> Any:
        """An uploaded file goes onto our shelf; anything else is left to the schema, which takes https addresses."""
        path = given.get("path") if isinstance(given, dict) else None
        if isinstance(path, str):
            return path if _is_address(path) else await self.desk.keep(Path(path))
        return "" if str(given).startswith(UPLOAD) else given

    def _snapshot(self, job: Job, request: gr.Request) -> dict[str, Any]:
        wrong = job.resting and job.state is not State.DONE
        message = words.message(job, language(DEFAULT), sandbox=self.sandbox)
        return {
            "job_id": job.id,
            "task_id": job.task_id,
            "state": job.state.value,
            "progress": 100 if job.state is State.DONE else job.progress,
            "message": message,
            "video_url": f"{self._origin(request)}/v/{job.token}" if job.state is State.DONE else None,
            "error": message if wrong else None,
        }

    def _origin(self, request: gr.Request) -> str:
        return self.public_url or str(request.request.base_url).rstrip("/").removesuffix("/gradio_api")


def _parameter(name: str, schema: dict[str, Any]) -> Api:
    """Gradio's own reader of schemas stumbles over closed models, so a nested one is announced as a plain object."""
    field = schema["properties"][name]
    shape = {"type": "object", "description": field["description"]} if "$ref" in str(field) else field
    parameter = Api(field.get("default"), shape, field["title"])
    # Gradio would fetch an address given as a file, without any limit. Ours stays an address. (A class of its own would
    # be tidier, but Gradio writes a stub file beside every module that has one.)
    keep_upload = parameter.async_move_resource_to_block_cache

    async def keep(given: str | Path | None) -> str | None:
        return str(given) if _is_address(given) else await keep_upload(given)

    parameter.async_move_resource_to_block_cache = keep
    return parameter


def _is_address(given: Any) -> bool:
    return str(given).lower().startswith(("http:", "https:"))


def _named(error: ValidationError) -> str:
    """The first problem, with the field it belongs to as a program knows it."""
    problem = problems(error)[0]
    return f"{'.'.join(map(str, problem.field))}: {problem.sentence}" if problem.field else problem.sentence


def _refusal(sentence: str) -> dict[str, Any]:
    """The one snapshot of a request that never became a job."""
    return {
        "job_id": None,
        "task_id": None,
        "state": State.REJECTED.value,
        "progress": 0,
        "message": sentence,
        "video_url": None,
        "error": sentence,
    }
