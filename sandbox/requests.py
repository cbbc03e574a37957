"""A body that came over HTTP, read to the letter."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from client.addresses import loopback_origin
from client.elements import ELEMENT_MODEL, ElementRequest
from client.prices import TABLE
from client.problems import problems
from client.schema import MODEL, VideoRequest
from sandbox.answers import BillingRule
from sandbox.envelopes import Refusal
from sandbox.settings import SandboxSettings

MODELS: Final[dict[str, type[VideoRequest] | type[ElementRequest]]] = {
    MODEL: VideoRequest,
    ELEMENT_MODEL: ElementRequest,
}


@dataclass(frozen=True)
class Price:
    """What a task costs, in credits."""

    credits: float
    rule: BillingRule


def price(request: VideoRequest | ElementRequest) -> Price:
    return Price(float(TABLE.credits(request)), "per_second" if isinstance(request, VideoRequest) else "per_call")


def read_body(body: bytes) -> dict[str, Any]:
    """The object in a body. Raises Refusal."""
    try:
        found = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Refusal(400, "The body is not valid JSON.") from error
    if not isinstance(found, dict):
        raise Refusal(400, "The body must be a JSON object.")
    return found


def fingerprint(body: dict[str, Any]) -> str:
    """The same for bodies that say the same."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def read_request(body: dict[str, Any], own_origin: str, settings: SandboxSettings) -> VideoRequest | ElementRequest:
    """The request in a body, if it keeps every documented rule.

    Raises Refusal, with the place of the first thing that is wrong.
    """
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Refusal(400, "This is missing.", param="model")
    kind = MODELS.get(model)
    if kind is None:
        raise Refusal(403)
    context = {"wire": True, "own_origin": own_origin, "pictures_optional": not settings.pictures_required}
    try:
        return kind.model_validate_json(to_json(body), strict=True, context=context)
    except ValidationError as error:
        strange = [problem.field for problem in problems(error) if problem.rule == "extra_forbidden"]
        if settings.extra_fields == "refuse" or not strange:
            raise _refusal(error) from error
    try:
        return kind.model_validate_json(to_json(_without(body, strange)), strict=True, context=context)
    except ValidationError as error:
        raise _refusal(error) from error


def at_home(value: Any, own_origin: str, is_ours: Callable[[str], bool]) -> Any:
    """A body in which pictures that we gave out on another port of this machine, before a restart, are ours again."""
    match value:
        case dict():
            return {name: at_home(part, own_origin, is_ours) for name, part in value.items()}
        case list():
            return [at_home(part, own_origin, is_ours) for part in value]
        case str() if loopback_origin(value) and is_ours(value):
            return own_origin + re.sub(r"^[^/]*//[^/]*", "", value)
        case _:
            return value


def _without(body: dict[str, Any], places: list[tuple[str | int, ...]]) -> dict[str, Any]:
    """A copy without the values at these places."""
    copy: dict[str, Any] = from_json(to_json(body))
    for *way, name in places:
        found: Any = copy
        for step in way:
            found = found[step]
        del found[name]
    return copy


def _refusal(error: ValidationError) -> Refusal:
    first = problems(error)[0]
    return Refusal(400, first.sentence, param=".".join(str(part) for part in first.field))
