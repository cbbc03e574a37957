"""From what the form holds to a request: its pictures are checked, made fit as agreed, and kept."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from client.elements import ElementRequest
from client.errors import EvoLinkError, PictureError
from client.order import UPLOAD
from client.pictures import examine
from client.problems import problems
from client.schema import VideoRequest
from jobs.desk import Desk
from jobs.disk import MIN_FREE
from jobs.not_now import NotNow
from ui.fields import Input
from ui.fitting import agreed
from ui.form import paths
from ui.languages import Language
from ui.values import beside, request_values

Asked = TypeVar("Asked", VideoRequest, ElementRequest)


async def wrong(
    model: type[VideoRequest] | type[ElementRequest],
    values: Mapping[str, Any],
    inputs: Sequence[Input],
    language: Language,
) -> dict[str, str]:
    """What keeps the form from being a request: a sentence for each input concerned."""
    found: dict[str, str] = {}
    placed = dict(values)
    for item in inputs:
        if item.kind not in ("picture", "pictures"):
            continue
        chosen = paths(values[item.name])
        if sentence := await _picture_problem(chosen, agreed(values, item.name), language):
            found[item.name] = sentence
        placed[item.name] = _one_or_many(item, [f"{UPLOAD}chosen"] * len(chosen))
    try:
        model.model_validate(request_values(placed, inputs))
    except ValidationError as error:
        for problem in problems(error):
            found.setdefault(beside(problem, inputs) or _first_text(inputs), language.problem(problem))
    return found


async def request_of(model: type[Asked], values: Mapping[str, Any], inputs: Sequence[Input], desk: Desk) -> Asked:
    """The request, with its pictures on our shelf. Raises PictureError, pydantic.ValidationError and NotNow."""
    kept = dict(values)
    shape: float | None = None
    for item in inputs:
        if item.kind not in ("picture", "pictures"):
            continue
        fixes = agreed(values, item.name)
        references = [
            await desk.keep(path, fixes.get(str(path), ()), beside=shape) for path in paths(values[item.name])
        ]
        kept[item.name] = _one_or_many(item, references)
        if item.name == "image_start" and references:
            shape = await asyncio.to_thread(_shape, desk.picture(references[0]))
    return model.model_validate(request_values(kept, inputs))


def _shape(path: Path | None) -> float | None:
    picture = examine(path).measured if path else None
    return picture.width / picture.height if picture else None


def told(error: PictureError | ValidationError | NotNow, language: Language) -> str:
    """One sentence for what `request_of` and `Desk.start` raise."""
    if isinstance(error, NotNow):
        return language.of("not_now", error.code, room=language.bytes(MIN_FREE))
    return language.error(error) if isinstance(error, EvoLinkError) else language.problem(problems(error)[0])


def _first_text(inputs: Sequence[Input]) -> str:
    """Where a problem stands that belongs to no input alone."""
    return next(item.name for item in inputs if item.kind == "text")


def _one_or_many(item: Input, references: list[str]) -> Any:
    return references if item.kind == "pictures" else next(iter(references), None)


async def _picture_problem(chosen: list[Path], fixes: Mapping[str, Sequence[str]], language: Language) -> str | None:
    for path in chosen:
        try:
            examined = await asyncio.to_thread(examine, path)
        except PictureError as error:
            return language.error(error)
        for fault in examined.blocking:
            if fault.remedy not in fixes.get(str(path), ()):
                return language.fault(fault)
    return None
