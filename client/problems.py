"""What is wrong with a request, as one sentence beside the field it belongs to."""

from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

OTHER: Final = "other"
"""The rule of everything that has no words of its own."""


@dataclass(frozen=True)
class Problem:
    """`field`: the path of the input, outermost first; `rule` and `values` are for translation."""

    field: tuple[str | int, ...]
    rule: str
    sentence: str
    values: dict[str, Any]


def rule_broken(rule: str, sentence: str, *field: str, **values: int | str) -> PydanticCustomError:
    """A broken rule for pydantic: its name, its English sentence with `{values}`, and the field it belongs beside."""
    said = sentence.format(**values) if values else sentence
    return PydanticCustomError(rule, "{sentence}", {"sentence": said, "field": list(field), **values})


def problems(error: ValidationError) -> list[Problem]:
    """One problem for each thing refused. Never holds what was typed, which may be a secret or a megabyte."""
    return [_problem(detail) for detail in error.errors(include_url=False)]


def _problem(detail: ErrorDetails) -> Problem:
    context = detail.get("ctx", {})
    field = (*detail["loc"], *context.get("field", []))
    values = {name: value for name, value in context.items() if isinstance(value, int | float | str)}
    if detail["type"] == "string_too_long":
        values["actual_length"] = len(detail["input"])
    if detail["type"] == "literal_error":
        # The last two are joined by an English word.
        values["expected"] = context["expected"].replace(" or ", ", ")
    sentence = _sentence(detail, context)
    if sentence is None:
        return Problem(field, OTHER, f"This will not do: {detail['msg']}.", values)
    return Problem(field, detail["type"], sentence, values)


def _sentence(detail: ErrorDetails, context: dict[str, Any]) -> str | None:
    """None for a rule that needs no words of its own: only programs break it."""
    match detail["type"]:
        case "string_too_long":
            return f"At most {context['max_length']:,} characters; these are {len(detail['input']):,}."
        case "too_long":
            return f"At most {context['max_length']}; these are {context['actual_length']}."
        case "string_too_short" | "too_short" | "missing":
            return "This is missing."
        case "greater_than_equal":
            return f"At least {context['ge']}."
        case "less_than_equal":
            return f"At most {context['le']}."
        case "literal_error":
            return f"Choose one of {context['expected']}."
        case "string_pattern_mismatch":
            return "This does not have the right form."
        case "extra_forbidden":
            return "There is no such field."
        case "int_type" | "int_parsing" | "int_from_float":
            return "A whole number is needed."
        case _:
            return str(context["sentence"]) if "sentence" in context else None
