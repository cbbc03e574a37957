"""What the code says and asks for, read from its sources, so that the languages can be held against it."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter

ROOT = Path(__file__).parents[2]
CLIENT, JOBS, PAGE = ROOT / "client", ROOT / "jobs", ROOT / "ui"


def calls(place: Path, *names: str) -> Iterator[ast.Call]:
    """Every call of a function or method of these names, in a folder or in one file."""
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in names:
                yield node


def function(path: Path, name: str) -> ast.FunctionDef:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == name)


def texts(*nodes: ast.AST) -> set[str]:
    """Every literal text inside."""
    found = [inner for node in nodes for inner in ast.walk(node)]
    return {node.value for node in found if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def keys_said() -> set[str]:
    """The literal keys of `.say("table.key")`; a key that is no literal counts as the line it stands in."""
    found: set[str] = set()
    for call in calls(PAGE, "say"):
        if isinstance(call.func, ast.Attribute):
            found |= texts(call.args[0]) or {f"line {call.lineno}"}
    return found


def firsts(name: str, place: Path) -> set[str]:
    """The first arguments of a function or method, as far as they are literal texts."""
    return {text for call in calls(place, name) for first in call.args[:1] for text in _itself(first)}


def codes(place: Path, error: str) -> set[str]:
    """What is given as `code` to an error."""
    given = [word.value for call in calls(place, error) for word in call.keywords if word.arg == "code"]
    return texts(*given)


def rules_broken() -> dict[str, set[str]]:
    """Each rule of a request's own, and what its sentence may mention."""
    found: dict[str, set[str]] = {}
    for call in (call for name in ("schema", "elements") for call in calls(CLIENT / f"{name}.py", "rule_broken")):
        given = {word.arg for word in call.keywords if word.arg}
        for rule in _itself(call.args[0]):
            found[rule] = found.get(rule, given) & given
    return found


def passing_troubles() -> set[str]:
    """Names in `jobs.troubles` of what a job may carry along while it goes on."""
    found: list[ast.AST] = [argument for call in calls(JOBS, "note") for argument in call.args]
    found += [call.args[1] for call in calls(JOBS, "move") if _named(call.args[0]) == "STALLED" and call.args[1:]]
    for call in calls(JOBS, "replace"):
        said = {word.arg: word.value for word in call.keywords}
        if "trouble" in said and "ended" not in said:
            found.append(said["trouble"])
    inside = {_named(node) for place in found for node in ast.walk(place)}
    return {name for name in inside if name.isupper() and name != "STALLED"}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def leaves(table: dict[str, object], above: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """Every text of a file, by its path of keys."""
    found: dict[tuple[str, ...], str] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found |= leaves(value, (*above, name))
        else:
            found[(*above, name)] = str(value)
    return found


def dotted(paths: Iterable[tuple[str, ...]]) -> list[str]:
    return sorted(".".join(path) for path in paths)


def _itself(node: ast.AST) -> set[str]:
    return texts(node) if isinstance(node, ast.Constant) else set()


def _called(call: ast.Call) -> str:
    return _named(call.func)


def _named(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
