"""The README's table of parameters, from the schema. `python -m tests.readme` writes it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from ui.fields import Input, inputs

README = Path(__file__).parent.parent / "README.md"
PLACE = re.compile(
    r"(?<=<!-- parameters: written by `python -m tests.readme` -->\n).*?(?=<!-- end of parameters -->)", re.S
)


def table() -> str:
    """One row for each value that a program may give."""
    rows = [row for item in inputs() for row in _rows(item)]
    return "\n".join(["| name | what it is | values |", "| --- | --- | --- |", *rows, ""])


def _rows(item: Input) -> Iterator[str]:
    """A list whose items hold one value is said in one row, with its own title and help."""
    for column in item.columns:
        yield _row(column if item.kind == "shots" else item, f"{item.key}[].{column.path[-1]}")
    if not item.columns:
        yield _row(item, item.key)


def _row(item: Input, name: str) -> str:
    text = re.sub(r"<<<\w+>>>", lambda reference: f"`{reference[0]}`", " ".join(item.help.split()))
    return f"| `{name}` | **{item.title.rstrip('?')}.** {text} | {_values(item)} |"


def _values(item: Input) -> str:
    match item.kind:
        case "choice" if len(item.choices) > 4:
            first, *_, last = item.choices
            return f"{first[1]} to {last[1]}{_default(item)}"
        case "choice":
            return ", ".join(
                f"`{json.dumps(value).strip(chr(34))}`" for _, value in item.choices if value != ""
            ) + _default(item)
        case "pictures" | "words":
            return f"up to {item.most}"
        case "picture":
            return "file or https address"
        case "flag":
            return "`true`, `false`"
        case _:
            return f"up to {item.most:,} characters"


def _default(item: Input) -> str:
    return f"; `{item.default}` if not said" if item.default and len(item.choices) > 1 else ""


if __name__ == "__main__":
    README.write_text(PLACE.sub(lambda _: table(), README.read_text(encoding="utf-8")), encoding="utf-8")
