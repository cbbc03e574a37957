from collections.abc import Iterable, Iterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field
from pydantic.json_schema import GenerateJsonSchema

from client.elements import ElementRequest
from client.schema import ElementReference, VideoRequest
from ui.fields import Input, Path, inputs

WITHOUT_INPUT = {("model",), ("model_params", "multi_prompt", "index")}
"""A constant, and a number that follows from the order."""


class Untitled(GenerateJsonSchema):
    """Titles only where somebody wrote one."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def leaves(node: dict[str, Any], models: dict[str, Any], path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every place of a request that holds no model, with what the schema says of it."""
    parts = [node, *node.get("anyOf", []), node.get("items", {})]
    reference = next((part["$ref"].rpartition("/")[2] for part in parts if "$ref" in part), None)
    inner = models[reference] if reference else node
    if "properties" not in inner:
        yield path, node
    for name, child in inner.get("properties", {}).items():
        yield from leaves(child, models, (*path, name))


def gaps(model: type[BaseModel], asked: Iterable[Input]) -> set[tuple[Path, str]]:
    """What a form of these inputs would not ask for, or not say."""
    schema = model.model_json_schema(schema_generator=Untitled)
    reached = {one.path for item in asked for one in (item, *item.columns)}
    found: set[tuple[Path, str]] = set()
    for path, said in leaves(schema, schema["$defs"]):
        if path not in WITHOUT_INPUT:
            found |= {(path, "input")} if path not in reached else set()
            found |= {(path, name) for name in ("title", "description") if not said.get(name)}
    return found


@pytest.mark.parametrize("model", [VideoRequest, ElementRequest])
def test_every_field_has_an_input_a_label_and_help(model: type[BaseModel]) -> None:
    assert gaps(model, inputs(model)) == set()


def test_a_field_that_was_forgotten_is_seen() -> None:
    class Grain(BaseModel):
        strength: int = Field(title="Strength", default=2, ge=1, le=3)

    class Tomorrow(VideoRequest):
        mood: Literal["calm", "wild"] | None = None
        """How it feels."""
        grains: list[Grain] = Field(default=[])

    assert gaps(Tomorrow, inputs()) == {
        (("mood",), "input"),
        (("mood",), "title"),
        (("grains", "strength"), "input"),
        (("grains", "strength"), "description"),
    }


@pytest.mark.parametrize("model", [VideoRequest, ElementRequest])
def test_every_input_and_column_has_a_title_and_help(model: type[BaseModel]) -> None:
    for item in inputs(model):
        for said in (item, *item.columns):
            assert said.title, said.name
            assert said.help, said.name


def test_inputs_have_names_of_their_own() -> None:
    names = [item.name for item in inputs()]
    assert len(set(names)) == len(names)


def test_limits_and_choices_come_from_the_schema() -> None:
    found = {item.name: item for item in inputs()}
    assert (found["prompt"].most, found["prompt"].lines) == (2500, 4)
    assert [value for _, value in found["duration"].choices] == list(range(3, 16))
    assert [value for _, value in found["aspect_ratio"].choices] == ["", "16:9", "9:16", "1:1"]
    assert found["quality"].default == "720p"
    assert found["sound"].default == "off"
    assert found["model_params__watermark_info__enabled"].default == ""
    assert (found["image_urls"].kind, found["image_urls"].most) == ("pictures", 7)


def test_a_list_of_models_is_one_input_with_columns() -> None:
    found = {item.name: item for item in inputs()}
    shots, elements = found["model_params__multi_prompt"], found["model_params__element_list"]
    assert (shots.kind, shots.most) == ("shots", 6)
    assert [(column.path[-1], column.most) for column in shots.columns] == [("prompt", 512), ("duration", None)]
    assert [value for _, value in shots.columns[1].choices] == [str(seconds) for seconds in range(1, 16)]
    assert (elements.kind, elements.most) == ("words", 7)
    assert [column.title for column in elements.columns] == [ElementReference.model_fields["element_id"].title]


def test_what_stands_inside_a_model_is_advanced_unless_it_says_otherwise() -> None:
    assert [item.name for item in inputs() if item.advanced] == [
        "model_params__shot_type",
        "model_params__watermark_info__enabled",
        "callback_url",
    ]


def test_a_new_field_becomes_an_input_with_no_other_edit() -> None:
    class Inner(BaseModel):
        strength: int = Field(title="Strength", description="How much.", default=2, ge=1, le=3)

    class Tomorrow(VideoRequest):
        mood: str = Field(title="Mood", description="How it feels.", default="", max_length=80)
        loop: bool = Field(title="Loop", description="End as it began.", default=False)
        weather: Literal["rain", "sun"] | None = Field(title="Weather", description="Outside.", default=None)
        grain: Inner | None = Field(title="Grain", description="Film grain.", default=None)

    found = {item.name: item for item in inputs(Tomorrow)}
    assert (found["mood"].kind, found["mood"].most) == ("text", 80)
    assert found["loop"].kind == "flag"
    assert (found["weather"].choices, found["weather"].default) == ((("—", ""), ("rain", "rain"), ("sun", "sun")), "")
    assert [value for _, value in found["grain__strength"].choices] == [1, 2, 3]
