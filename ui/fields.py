"""The inputs a request needs, found by walking the schema: one `Input` for each leaf, in the schema's order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from client.schema import VideoRequest

Path = tuple[str | int, ...]
Kind = Literal["picture", "pictures", "text", "choice", "flag", "words", "shots"]


@dataclass(frozen=True)
class Input:
    """One input of the form. `name` is its keyword among the form's values, `path` its place in the request."""

    path: Path
    kind: Kind
    title: str
    help: str
    advanced: bool = False
    default: Any = None
    choices: tuple[tuple[str, Any], ...] = ()
    example: str = ""
    lines: int = 1
    unit: str = ""
    most: int | None = None
    """The limit: characters of a text, items of a list."""
    columns: tuple["Input", ...] = ()
    """What each item of a list of models is made of."""

    @property
    def name(self) -> str:
        return "__".join(map(str, self.path))

    @property
    def key(self) -> str:
        """Where its translations stand."""
        return ".".join(map(str, self.path))


def inputs(model: type[BaseModel] = VideoRequest) -> list[Input]:
    """Every input of a request. A constant needs none; a list of models is one input with columns."""
    schema = model.model_json_schema()
    return list(_inputs(schema, schema.get("$defs", {}), (), advanced=False))


def _inputs(node: dict[str, Any], models: dict[str, Any], path: Path, *, advanced: bool) -> Iterator[Input]:
    for name, child in node["properties"].items():
        yield from _inputs_of(_opened(child, models), models, (*path, name), advanced)


def _opened(node: dict[str, Any], models: dict[str, Any]) -> dict[str, Any]:
    """The node with its `$ref` and its `anyOf: [..., null]` folded in; what the field itself says goes first."""
    inner: dict[str, Any] = next((part for part in node.get("anyOf", []) if part.get("type") != "null"), {})
    reference = (node.get("$ref") or inner.get("$ref") or "").rpartition("/")[2]
    return {**models.get(reference, {}), **inner, **node}


def _inputs_of(node: dict[str, Any], models: dict[str, Any], path: Path, advanced: bool) -> Iterator[Input]:
    advanced = node.get("advanced", advanced)
    item = _opened(node.get("items", {}), models)
    if "const" in node and "labels" not in node:
        return
    if "properties" in node and "labels" in node:
        yield _leaf(node, item, (*path, next(iter(node["properties"]))), advanced)
    elif "properties" in node:
        yield from _inputs(node, models, path, advanced=True)
    elif "properties" in item:
        yield _list(node, item, models, path, advanced)
    else:
        yield _leaf(node, item, path, advanced)


def _list(node: dict[str, Any], item: dict[str, Any], models: dict[str, Any], path: Path, advanced: bool) -> Input:
    """A list of models. Their numbers follow from their order; what else is one value is written as words."""
    columns = tuple(
        _leaf(_opened(child, models), {}, (*path, name), advanced)
        for name, child in item["properties"].items()
        if name != "index"
    )
    alone: Kind = "pictures" if columns[0].kind == "picture" else "words"
    kind: Kind = alone if len(columns) == 1 else "shots"
    return Input(
        path, kind, node["title"], node["description"], advanced, default=[], most=node["maxItems"], columns=columns
    )


def _leaf(node: dict[str, Any], item: dict[str, Any], path: Path, advanced: bool) -> Input:
    kind: Kind
    choices: list[tuple[str, Any]] = []
    match node:
        case {"format": "picture"}:
            kind = "picture"
        case {"type": "array"} if item.get("format") == "picture":
            kind = "pictures"
        case {"labels": labels}:
            kind, choices = "choice", [(label, value) for value, label in labels]
        case {"enum": values}:
            nothing = [("—", "")] if {"type": "null"} in node.get("anyOf", []) else []
            kind, choices = "choice", nothing + [(str(value), value) for value in values]
        case {"type": "integer", "minimum": lowest, "maximum": highest}:
            unit = node.get("unit", "")
            kind, choices = "choice", [(f"{number} {unit}".strip(), number) for number in range(lowest, highest + 1)]
        case {"type": "boolean"}:
            kind = "flag"
        case _:
            kind = "text"
    return Input(
        path,
        kind,
        node["title"],
        node["description"],
        advanced,
        default=_default(node, choices),
        choices=tuple(choices),
        example=str(node.get("examples", [""])[0]),
        lines=node.get("lines", 1),
        unit=node.get("unit", ""),
        most=node.get("maxItems" if kind == "pictures" else "maxLength"),
    )


def _default(node: dict[str, Any], choices: list[tuple[str, Any]]) -> Any:
    """The schema's default; without one, the choice that sends nothing, or the only choice there is."""
    if node.get("default") is not None or not choices:
        return node.get("default")
    values = [value for _, value in choices]
    return values[0] if len(values) == 1 or values[0] == "" else None
