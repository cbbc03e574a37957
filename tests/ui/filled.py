"""What the page sends of a form: the values of its inputs, with files as Gradio writes them."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

from ui.fields import inputs
from ui.fitting import PREFIX


def form(**changes: Any) -> dict[str, Any]:
    """A form that nobody touched, but for the changes."""
    return {item.name: item.default for item in inputs()} | changes


def file(path: Path | str, name: str | None = None, url: str | None = None) -> dict[str, Any]:
    return {"path": str(path), "orig_name": name, "url": url, "meta": {"_type": "gradio.FileData"}}


def gallery(*files: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"image": found, "caption": None} for found in files]


def note(name: str, **agreed: Any) -> dict[str, Any]:
    """The note under a picture input, with what was agreed for each path."""
    return {f"{PREFIX}{name}": {"html": "", "agreed": agreed}}


def complaints(markup: str) -> dict[str, str]:
    """What an answer to a press complains of, by input."""
    told = re.search("data-complaints='([^']*)'", markup)
    assert told, markup
    found: dict[str, str] = json.loads(unescape(told[1]))["found"]
    return found
