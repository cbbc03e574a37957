"""The one way from text to markup: whatever a person or a service wrote comes out as text, and as no more than that."""

import json
from html import escape
from typing import Any, Final

from client.plain import plain

REMOTE: Final = 300
"""Characters of what a service says that anybody needs to read."""


def safe_text(text: str, most: int | None = None, *, lines: bool = False) -> str:
    """For eyes, between tags or inside a quoted attribute: on one line unless `lines` are kept, and at most so long."""
    return escape(plain(text, most, lines=lines))


def safe_value(value: str) -> str:
    """For a quoted attribute that comes back to us or is an address, to the letter: nobody reads it."""
    return escape(value.encode(errors="replace").decode())


def safe_data(data: Any) -> str:
    """For a quoted attribute that the page's script reads as JSON, and shows to eyes as text."""
    return escape(json.dumps(_plain(data)))


def _plain(data: Any) -> Any:
    match data:
        case str():
            return plain(data, None, lines=True)
        case dict():
            return {name: _plain(part) for name, part in data.items()}
        case list():
            return [_plain(part) for part in data]
        case _:
            return data
