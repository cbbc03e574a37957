"""One file a language: no key missing, none unused, no placeholder that does not match."""

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Annotated, Any, Literal, get_args

import pytest
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from client import unfit
from client.answers import Task
from client.elements import ElementRequest
from client.errors import KeyRefused, PasteError
from client.faults import Remedy, judged
from client.opening import KINDS, Measured
from client.problems import OTHER, Problem, problems
from client.schema import PICTURE_MAX_BYTES
from client.spelling import from_json
from jobs import troubles
from jobs.database import Ailment
from jobs.not_now import NotNow
from jobs.states import RESTING, State
from tests.ui.spoken import (
    CLIENT,
    PAGE,
    codes,
    dotted,
    firsts,
    function,
    keys_said,
    leaves,
    passing_troubles,
    placeholders,
    rules_broken,
    texts,
)
from ui import words
from ui.elements import ASKED
from ui.fields import Input, inputs
from ui.languages import DEFAULT, FOLDER, NAMES, best, language

OTHERS = [code for code in NAMES if code != DEFAULT]
TRANSLATED = {"field", "problem"}
"""Tables that English has no need of: those texts stand in `client/`."""
ALIKE = re.compile(r"[0-9]+[pK]")
"""A choice that is called the same in every language, such as 720p."""


_NEW_STATE = troubles.new_state(Task(id="1")).code


class Strict(TypedDict):
    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]


class Needy(TypedDict):
    it: int


REFUSED: dict[str, tuple[Any, Any]] = {
    "string_too_long": (Annotated[str, Field(max_length=1)], "ab"),
    "too_long": (Annotated[list[int], Field(max_length=1)], [1, 2]),
    "string_too_short": (Annotated[str, Field(min_length=1)], ""),
    "too_short": (Annotated[list[int], Field(min_length=1)], []),
    "missing": (Needy, {}),
    "greater_than_equal": (Annotated[int, Field(ge=1)], 0),
    "less_than_equal": (Annotated[int, Field(le=1)], 2),
    "literal_error": (Literal["a", "b"], "c"),
    "string_pattern_mismatch": (Annotated[str, Field(pattern="a")], "b"),
    "extra_forbidden": (Strict, {"it": 1}),
    "int_type": (int, None),
    "int_parsing": (int, "a"),
    "int_from_float": (int, 1.5),
}
"""For each of pydantic's rules that has a sentence of ours, something that breaks it."""


def said(code: str) -> dict[tuple[str, ...], str]:
    return leaves(tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8")))


def table(code: str, name: str) -> dict[str, str]:
    return {path[1]: text for path, text in said(code).items() if path[0] == name}


def asked() -> Iterator[Input]:
    """Every input there is, and what the items of its lists are made of."""
    for item in [*inputs(), *(item for item in inputs(ElementRequest) if item.path[-1] in ASKED)]:
        yield item
        yield from item.columns


def field_texts(item: Input) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """What of an input has to be translated, and what may be."""
    path = tuple(map(str, item.path))
    needed = {(*path, "title"), (*path, "help")} | ({(*path, "example")} if item.example else set())
    choices = {("choices", str(value).lower() or "none"): label for label, value in item.choices if item.unit != "s"}
    chosen = {(*path, *key) for key, label in choices.items() if not ALIKE.fullmatch(label)}
    return needed | chosen, needed | {(*path, *key) for key in choices}


def picture_values() -> dict[str, set[str]]:
    """What each sentence about a picture may mention: what is given whenever that is wrong."""
    made = {"int": 1, "str": "GIF"}
    reasons = [reason for _, reason in inspect.getmembers(unfit, inspect.isfunction) if reason.__name__[0] != "_"]
    errors = [reason(*(made[kind.__name__] for kind in _kinds(reason))) for reason in reasons]
    shapes = product(sorted(KINDS), (1, 1000), (10, PICTURE_MAX_BYTES + 1), (True, False))
    measures = [Measured(kind, side, 300, size, odd, odd, odd) for kind, side, size, odd in shapes]
    given = [(error.code, error.values) for error in errors]
    given += [(fault.code, fault.values) for one in measures for fault in judged(one, beside=1.0).faults]
    found: dict[str, set[str]] = {}
    for code, values in given:
        found[code] = found.get(code, set(values)) & set(values)
    return found


def _kinds(reason: Any) -> list[Any]:
    return [kind for name, kind in inspect.get_annotations(reason).items() if name != "return"]


def rules_refused() -> dict[str, set[str]]:
    found = {}
    for kind, value in REFUSED.values():
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(kind).validate_python(value)
        (problem,) = problems(caught.value)
        found[problem.rule] = set(problem.values)
    return found


def rules() -> dict[str, set[str]]:
    """Every rule that may reach a person, and what its sentence may mention."""
    plain = codes(CLIENT / "addresses.py", "AddressError") | codes(CLIENT, "PasteError")
    return rules_broken() | rules_refused() | picture_values() | {code: set() for code in {*plain, OTHER}}


def members() -> dict[str, set[str]]:
    """The members of each family that the page names at run time."""
    reckoning = PAGE / "reckoning.py"
    what = set(table(DEFAULT, "what"))
    passing = {getattr(troubles, name).code for name in passing_troubles()}
    return {
        "state": {state.value for state in State} | {"in_line"},
        "remedy": set(get_args(Remedy)),
        "mended": set(get_args(Remedy)),
        "loose": loose_rules(),
        "missing": reasons(reckoning, "_missing") - {*(item.name for item in inputs()), "storyboard"} | {"prompt"},
        "closed": reasons(reckoning, "_closed") - {item.name for item in inputs()},
        "note": passing | {troubles.unreadable(KeyRefused("No.")).code, _NEW_STATE, "refused"},
        "what": what,
        "next": what,
        "not_now": {reason.code for reason in NotNow.__subclasses__()},
        "aside": set(Ailment),
    }


def reasons(path: Any, name: str) -> set[str]:
    """The words that a function may answer with."""
    body = function(path, name).body
    return {text for text in texts(*body) if re.fullmatch("[a-z_]+", text)}


def loose_rules() -> set[str]:
    return firsts("LooseEnd", CLIENT / "mentions.py") | firsts("LooseEnd", PAGE / "reckoning.py")


def test_every_language_has_its_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(NAMES)


@pytest.mark.parametrize("code", OTHERS)
def test_it_says_all_that_english_says_and_nothing_more(code: str) -> None:
    english, other = set(said(DEFAULT)), {path for path in said(code) if path[0] not in TRANSLATED}
    assert dotted(english - other) == []
    assert dotted(other - english) == []


@pytest.mark.parametrize("code", OTHERS)
def test_placeholders_are_those_of_english(code: str) -> None:
    other = said(code)
    for path, text in said(DEFAULT).items():
        assert placeholders(other[path]) == placeholders(text), ".".join(path)


@pytest.mark.parametrize("code", OTHERS)
def test_every_input_speaks_it(code: str) -> None:
    found = {path[1:] for path in said(code) if path[0] == "field"}
    texts_of = [field_texts(item) for item in asked()]
    needed = set[tuple[str, ...]]().union(*(needed for needed, _ in texts_of))
    allowed = set[tuple[str, ...]]().union(*(allowed for _, allowed in texts_of))
    assert dotted(needed - found) == []
    assert dotted(found - allowed) == []


@pytest.mark.parametrize("code", OTHERS)
def test_an_input_takes_its_words_from_there(code: str) -> None:
    spoken, fields = language(code), table_of_fields(code)
    for item in asked():
        path = tuple(map(str, item.path))
        assert (spoken.title(item), spoken.help(item)) == (fields[(*path, "title")], fields[(*path, "help")])
        assert spoken.example(item) == (fields[(*path, "example")] if item.example else "")


@pytest.mark.parametrize("code", OTHERS)
def test_a_choice_takes_its_label_from_there(code: str) -> None:
    spoken, fields = language(code), table_of_fields(code)
    for item in inputs():
        path = tuple(map(str, item.path))
        for (english, value), (label, same) in zip(item.choices, spoken.choices(item), strict=True):
            otherwise = spoken.seconds(value) if item.unit == "s" else english
            assert same == value
            assert label == fields.get((*path, "choices", str(value).lower() or "none"), otherwise)


def table_of_fields(code: str) -> dict[tuple[str, ...], str]:
    return {path[1:]: text for path, text in said(code).items() if path[0] == "field"}


@pytest.mark.parametrize("code", OTHERS)
def test_every_problem_has_a_sentence_in_it(code: str) -> None:
    found, known = table(code, "problem"), rules()
    assert sorted(set(known) - set(found)) == []
    assert sorted(set(found) - set(known)) == []
    for rule, text in found.items():
        assert placeholders(text) <= known[rule], rule


@pytest.mark.parametrize("code", OTHERS)
def test_no_sentence_is_left_in_english(code: str) -> None:
    other = said(code)
    assert [path for path, text in said(DEFAULT).items() if len(text.split()) > 3 and other[path] == text] == []


def test_no_rule_escapes() -> None:
    handled = {text for case in match_cases() for text in case}
    assert set(REFUSED) == handled
    assert set(rules_refused()) == handled
    pictures = codes(CLIENT, "PictureError") | firsts("Fault", CLIENT / "faults.py")
    assert pictures == set(picture_values())


def match_cases() -> list[set[str]]:
    """The names of rules in the cases of a sentence."""
    body = ast.walk(function(CLIENT / "problems.py", "_sentence"))
    return [texts(node.pattern) for node in body if isinstance(node, ast.match_case)]


def test_what_is_said_is_written_and_what_is_written_is_said() -> None:
    written = said(DEFAULT)
    families, whole = members(), firsts("table", PAGE)
    assert firsts("of", PAGE) == set(families)
    used = keys_said() | {f"{name}.{member}" for name, those in families.items() for member in those}
    listed = {".".join(path) for path in written if path[0] not in whole}
    assert sorted(used - listed) == []
    assert sorted(listed - used) == []
    assert whole <= {path[0] for path in written}


def test_whatever_happened_has_a_next_step() -> None:
    what, step = table(DEFAULT, "what"), table(DEFAULT, "next")
    assert set(what) == set(step)
    assert {name for name in what if name.startswith("state_")} == {
        f"state_{state}" for state in RESTING - {State.DONE}
    }
    assert set(words._ALIKE.values()) <= set(what)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("en", "Shot 2: At most 512 characters; these are 1,600."),
        ("de", "Einstellung 2: Höchstens 512 Zeichen; es sind 1.600."),
        ("fr", "Plan 2\u00a0: 512 caractères au maximum\u202f; il y en a 1\u202f600."),
        ("es", "Plano 2: Máximo 512 caracteres; hay 1.600."),
    ],
)
def test_a_problem_with_its_shot_and_its_numbers(code: str, sentence: str) -> None:
    values = {"max_length": 512, "actual_length": 1600}
    field = ("model_params", "multi_prompt", 1, "prompt")
    english = "At most 512 characters; these are 1,600."
    assert language(code).problem(Problem(field, "string_too_long", english, values)) == sentence


@pytest.mark.parametrize("code", OTHERS)
def test_a_pasted_text_is_refused_with_its_braces(code: str) -> None:
    with pytest.raises(PasteError) as caught:
        from_json("{")
    sentence = language(code).error(caught.value)
    assert sentence != str(caught.value)
    assert re.findall("[{}]", sentence) == ["{", "}"]


@pytest.mark.parametrize("code", OTHERS)
def test_a_picture_is_refused_in_it(code: str) -> None:
    (fault,) = judged(Measured("JPEG", 1000, 200, 10, False, False), beside=None).faults[:1]
    sentence = language(code).fault(fault)
    assert sentence != fault.sentence
    assert "200" in sentence


@pytest.mark.parametrize(
    ("code", "number", "credits", "dollars", "day", "small", "large", "duration", "less"),
    [
        ("en", "1,234.5", "1,234.5 credits", "$1.23", "Jul 9, 2026", "340 kB", "9.6 MB", "3 min 20 s", "−9.5"),
        ("de", "1.234,5", "1.234,5 Credits", "1,23\u00a0$", "09.07.2026", "340 kB", "9,6 MB", "3 min 20 s", "−9,5"),
        (
            "zh",
            "1,234.5",
            "1,234.5\u00a0积分",
            "US$1.23",
            "2026年7月9日",
            "340 kB",
            "9.6 MB",
            "3\u00a0分 20\u00a0秒",
            "−9.5",
        ),
        ("es", "1.234,5", "1.234,5 créditos", "1,23\u00a0US$", "9 jul 2026", "340 kB", "9,6 MB", "3 min 20 s", "−9,5"),
        (
            "fr",
            "1\u202f234,5",
            "1\u202f234,5\u00a0crédits",
            "1,23\u00a0$US",
            "9 juil. 2026",
            "340\u202fko",
            "9,6\u202fMo",
            "3\u00a0min 20\u00a0s",
            "−9,5",
        ),
        (
            "ja",
            "1,234.5",
            "1,234.5\u00a0クレジット",
            "$1.23",
            "2026/07/09",
            "340 KB",
            "9.6 MB",
            "3\u00a0分 20\u00a0秒",
            "−9.5",
        ),
    ],
)
def test_numbers_as_they_are_written_there(
    code: str,
    number: str,
    credits: str,
    dollars: str,
    day: str,
    small: str,
    large: str,
    duration: str,
    less: str,
) -> None:
    spoken = language(code)
    assert spoken.number(Decimal("1234.54")) == number
    assert spoken.credits(1234.5) == credits
    assert spoken.dollars(Decimal("1.234")) == dollars
    assert spoken.date(date(2026, 7, 9)) == day
    assert (spoken.bytes(340_000), spoken.bytes(9_600_000)) == (small, large)
    assert spoken.duration(200.4) == duration
    assert spoken.difference(Decimal("-9.5")) == less
    assert spoken.difference(Decimal("9.5")) == less.replace("−", "+")


@pytest.mark.parametrize(
    ("code", "one", "one_and_a_half"),
    [
        ("en", "1 credit", "1.5 credits"),
        ("de", "1 Credit", "1,5 Credits"),
        ("es", "1 crédito", "1,5 créditos"),
        ("fr", "1\u00a0crédit", "1,5\u00a0crédit"),
        ("zh", "1\u00a0积分", "1.5\u00a0积分"),
        ("ja", "1\u00a0クレジット", "1.5\u00a0クレジット"),
    ],
)
def test_one_credit_is_one(code: str, one: str, one_and_a_half: str) -> None:
    assert language(code).credits(Decimal(1)) == one
    assert language(code).credits(1.5) == one_and_a_half


def test_a_language_that_is_not_spoken_here_is_english() -> None:
    for unknown in ("xx", "", None, "../en"):
        assert language(unknown).code == DEFAULT
        assert language(unknown).say("page.language") == "Language"


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "en"),
        ("*", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("zh-TW", "zh"),
        ("zh-Hans-CN, en;q=0.5", "zh"),
        ("fr;q=0.1, ja", "ja"),
        ("pt-BR, es;q=0.5", "es"),
        ("pt, nl", "en"),
        ("de;q=crooked, fr;q=0.2", "fr"),
        ("DE-de", "de"),
        (",,,;", "en"),
    ],
)
def test_the_language_that_suits_a_browser_best(accepted: str, code: str) -> None:
    assert best(accepted) == code
