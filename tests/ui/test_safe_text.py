"""What a stranger wrote is text when it comes out, wherever it comes out."""

import ast
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

import ui
from tests.hostile_texts import TEXTS
from ui.safe_text import safe_data, safe_text, safe_value

FOLDER = Path(ui.__file__).parent
MODULES = sorted(path for path in FOLDER.rglob("*.py") if path.name != "safe_text.py")
SCRIPTS = sorted(FOLDER.rglob("*.js"))

TOASTS = {"Error", "Info", "Warning"}
WORDS = {"say", "of", "title", "help", "titled", "listed", "error", "fault", "problem", "get", "format", "join"}
"""What gives plain text; markup takes it from `safe_text` alone. Joined markup stands between its tags by name."""
NUMBERS = {"number", "pages", "total"}
OURS = {"code", "value"}
"""Of a language and of a state."""
MARKUP_FROM_TEXT = re.compile(
    r"\.(inner|outer)HTML\s*\+?=[^=]|insertAdjacentHTML|document\.write|createContextualFragment|setHTMLUnsafe|srcdoc"
    r"|\beval\(|new Function|setAttribute\(\s*[\"'`]on"
)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_it_has_no_way_out_of_tags_and_quotes(text: str) -> None:
    for safe in (safe_text(text), safe_text(text, lines=True), safe_value(text), safe_data({"said": [text, 1]})):
        assert not set("<>'\"") & set(safe)
        safe.encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a < b & 'c'", "a &lt; b &amp; &#x27;c&#x27;"),
        (TEXTS["turned around"], "gnp.exe left right"),
        (TEXTS["for terminals"], "red end"),
        (TEXTS["hidden"], "paypal.com login"),
        (TEXTS["half a pair"], "half of &lt;i&gt;a pair&lt;/i&gt;"),
        ("one\r\ntwo\tthree\u2028four", "one two three four"),
        ("12\u202f000 credits, 3\u00a0s\u3000日本", "12\u202f000 credits, 3\u00a0s\u3000日本"),
        ("👩\u200d🚀 ❤\ufe0f\u200d🔥", "👩\u200d🚀 ❤\ufe0f\u200d🔥"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("\u200d🚀\u200d", "🚀"),
        ("👩\u200d\u200d🚀", "👩🚀"),
    ],
)
def test_what_steers_or_hides_is_gone_and_what_people_write_stays(text: str, expected: str) -> None:
    assert safe_text(text) == expected


def test_it_is_as_long_as_it_may_be() -> None:
    assert safe_text("a" * 300, 300) == "a" * 300
    assert safe_text(TEXTS["very long"], 300) == f"&lt;b onclick=alert(19)&gt;{'A' * 278}…"
    assert len(safe_text("a" * 3000)) == 3000


def test_lines_and_blanks_are_kept_where_they_are_to_be_copied() -> None:
    assert safe_text('{\n  "a":\t1}\x1b[0m\r', lines=True) == "{\n  &quot;a&quot;:\t1} "


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_comes_back_comes_back_to_the_letter(text: str) -> None:
    assert unescape(safe_value(text)) == text.encode(errors="replace").decode()


def test_what_the_script_reads_is_clean_as_well() -> None:
    said = {"words": {"a": "\u202e<b>"}, "list": ["\x1b[1mx", None, 2]}
    assert json.loads(unescape(safe_data(said))) == {"words": {"a": "<b>"}, "list": ["x", None, 2]}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_nobody_escapes_for_themselves_or_forgets_to(module: Path) -> None:
    """What can be told from the source: a name in markup may hold anything, so the browser is asked as well."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    assert [f"{module.name}:{node.lineno}" for node in ast.walk(tree) if _escapes(node) or _is_forgetful(node)] == []


@pytest.mark.parametrize(
    "source",
    [
        "from html import escape",
        "import html",
        "f'<p>{language.say(\"a.b\")}</p>'",
        "f\"<p title='{job.token}'></p>\"",
        "f'<p>{names[0]}</p>'",
        "f'<p>{str(path)}</p>'",
        "gr.Error(language.say('a.b'))",
        "gr.Info(message=told)",
        "f'<b>{x}</b>{names[0] if names else \"\"}'",
    ],
)
def test_that_would_be_noticed(source: str) -> None:
    assert any(_escapes(node) or _is_forgetful(node) for node in ast.walk(ast.parse(source)))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_no_script_makes_markup_of_text(script: Path) -> None:
    assert MARKUP_FROM_TEXT.findall(script.read_text(encoding="utf-8")) == []


def _escapes(node: ast.AST) -> bool:
    match node:
        case ast.ImportFrom(module="html" | "markupsafe") | ast.Import(names=[ast.alias(name="html" | "markupsafe")]):
            return True
        case _:
            return False


def _is_forgetful(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="gr"), attr=attr)) if attr in TOASTS:
            message = node.args[0] if node.args else None
            return not (isinstance(message, ast.Call) and _called(message) == "safe_text")
        case ast.JoinedStr(values=parts) if any(_is_markup(part) for part in parts):
            return any(
                _is_raw(value) for part in parts if isinstance(part, ast.FormattedValue) for value in _ends(part)
            )
        case _:
            return False


def _ends(part: ast.FormattedValue) -> Iterator[ast.expr]:
    """What may stand in that place in the end."""
    waiting = [part.value]
    while waiting:
        match waiting.pop():
            case ast.IfExp(body=body, orelse=orelse):
                waiting += [body, orelse]
            case ast.BoolOp(values=values):
                waiting += values
            case other:
                yield other


def _is_markup(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and bool(re.search(r"</?[a-z]", str(part.value)))


def _is_raw(value: ast.expr) -> bool:
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="join")):
            return False
        case ast.Call():
            return _called(value) in WORDS | {"str", "repr"}
        case ast.Attribute(attr=attr):
            return attr not in NUMBERS | OURS
        case ast.Subscript():
            return True
        case _:
            return False


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
