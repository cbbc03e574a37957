import re

import pytest

from client.schema import ModelParams, Shot
from ui.fields import Input, inputs
from ui.gate import ASSETS
from ui.languages import language
from ui.storyboard import draw, words


@pytest.fixture
def item() -> Input:
    return next(item for item in inputs() if item.kind == "shots")


def test_limits_come_from_the_schema(item: Input) -> None:
    limits = draw(item, 5, language("en")).props["limits"]
    shots = ModelParams.model_json_schema()["properties"]["multi_prompt"]
    prompt = Shot.model_json_schema()["properties"]["prompt"]
    assert limits == {"shots": shots["maxItems"], "characters": prompt["maxLength"], "lines": prompt["lines"]}


@pytest.mark.parametrize("length", [3, 15])
def test_it_begins_with_one_shot_as_long_as_the_video(item: Input, length: int) -> None:
    board = draw(item, length, language("en"))
    assert board.value == [{"prompt": "", "duration": str(length)}]
    assert board.props["length"] == length


def test_a_shot_may_be_as_short_as_the_arithmetic_makes_it() -> None:
    assert Shot(index=1, prompt="Now", duration="1").seconds == 1
    with pytest.raises(ValueError, match="duration"):
        Shot(index=1, prompt="Never", duration="0")


def test_titles_and_help_are_those_of_the_fields(item: Input) -> None:
    said = words(item, language("en"))
    assert said["text"] == Shot.model_fields["prompt"].title
    assert said["help"] == Shot.model_fields["prompt"].description
    assert said["title"] == ModelParams.model_fields["multi_prompt"].title


def test_it_has_words_for_all_it_says_and_none_besides(item: Input) -> None:
    scripts = [(ASSETS / f"{name}.js").read_text() for name in ("storyboard", "card", "board", "ruler", "elements")]
    spoken = set(re.findall(r"\"(\w+)\"", " ".join(scripts))) | set(re.findall(r"(\w+): ", scripts[1]))
    reasons = set(re.findall(r"return \"(\w+)\"|\? \"(\w+)\"", (ASSETS / "shots.js").read_text()))
    known = set(words(item, language("en"))) - {"language"}
    assert known <= spoken | {word for pair in reasons for word in pair}
    assert set(re.findall(r"say\(\"(\w+)\"", " ".join(scripts))) <= known
