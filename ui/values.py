"""The form's values on their way into a request, and its problems on their way back beside the inputs. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from client.problems import Problem
from ui.fields import Input, Path


def request_values(values: Mapping[str, Any], inputs: Iterable[Input]) -> dict[str, Any]:
    """What the form holds, nested as the request wants it. What was left alone is left out."""
    nested: dict[str, Any] = {}
    for item in inputs:
        value = _meaning(item, values.get(item.name))
        if value not in (None, "", []):
            _put(nested, item.path, value)
    return _tidied(nested)


def form_values(request: BaseModel, inputs: Iterable[Input]) -> dict[str, Any]:
    """What the form holds for a request, by input: the way back. What the request leaves open is as it was drawn."""
    said = request.model_dump(mode="json", exclude_none=True)
    return {item.name: _held(item, said) for item in inputs}


def beside(problem: Problem, inputs: Iterable[Input]) -> str | None:
    """The name of the input a problem belongs beside: the one whose path agrees longest with the problem's."""
    agreeing = {item.name: _agreement(item.path, problem.field) for item in inputs}
    best = max(agreeing, key=lambda name: agreeing[name], default=None)
    return best if best and agreeing[best] else None


def _meaning(item: Input, value: Any) -> Any:
    match item.kind:
        case "text":
            return _stripped(value)
        case "words" | "pictures" if item.columns:
            (column,) = item.columns
            return [{column.path[-1]: str(word).strip()} for word in value or [] if str(word).strip()]
        case "shots":
            return [{name: _stripped(part) for name, part in shot.items()} for shot in value or []]
        case "flag":
            return True if value else None
        case _:
            return value


def _put(nested: dict[str, Any], path: Path, value: Any) -> None:
    *outer, last = path
    place: Any = nested
    for part in outer:
        place = place.setdefault(part, {})
    place[last] = value


def _tidied(nested: dict[str, Any]) -> dict[str, Any]:
    """The one prompt or the storyboard, whichever is switched on; the other stays in the form alone."""
    params = nested.get("model_params", {})
    shots = params.pop("multi_prompt", [])
    if params.pop("multi_shot", False):
        nested.pop("prompt", None)
        numbered = [{**shot, "index": place} for place, shot in enumerate(shots, 1)]
        params |= {"multi_shot": True, "multi_prompt": numbered}
    else:
        params.pop("shot_type", None)
    if not params:
        nested.pop("model_params", None)
    return nested


def _held(item: Input, said: Any) -> Any:
    for part in item.path:
        said = said.get(part) if isinstance(said, dict) else None
    if said is None:
        return item.default
    match item.kind:
        case "words" | "pictures" if item.columns:
            (column,) = item.columns
            return [word[column.path[-1]] for word in said]
        case "shots":
            return [{name: part for name, part in shot.items() if name != "index"} for shot in said]
        case _:
            return said


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _agreement(path: Path, field: Path) -> int:
    count = 0
    for ours, theirs in zip(path, field, strict=False):
        if ours != theirs:
            break
        count += 1
    return count
