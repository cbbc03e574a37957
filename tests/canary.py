"""A key that is known again wherever it turns up, in whatever spelling."""

import base64
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

PREFIX: Final = "sk-canary-"
BEGINNING: Final = 12
"""Characters beyond the prefix by which somebody may be told that it is this key."""


def new_key() -> str:
    return f"{PREFIX}{uuid4()}"


def traces(key: str) -> list[bytes]:
    """What must be nowhere: the key, its beginning, and either of them as it is wrapped for a journey."""
    beginning = key[len(PREFIX) : len(PREFIX) + BEGINNING]
    spelled = {spelling for text in (key, beginning) for spelling in _spellings(text.encode())}
    return sorted({each for spelling in spelled for each in (spelling, spelling.upper(), spelling.lower())})


def _spellings(text: bytes) -> Iterator[bytes]:
    yield text
    yield text[::-1]
    yield text.hex().encode()
    yield "".join(f"%{byte:02x}" for byte in text).encode()
    yield "".join(f"\\u{byte:04x}" for byte in text).encode()
    yield text.replace(b"-", b"%2D")
    for before in range(3):
        # Without the letters that also hold something of what stands beside it.
        yield base64.b64encode(bytes(before) + text)[4 if before else 0 :].rstrip(b"=")[:-1]


def seen(key: str, texts: Iterable[tuple[str, bytes]]) -> list[str]:
    """The names of those that hold a trace of it."""
    wanted = traces(key)
    return [name for name, content in texts if any(trace in content for trace in wanted)]


def in_files(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Every file there, by its path, but for those that are gone before they are read."""
    for folder in folders:
        for path in [folder] if folder.is_file() else sorted(folder.rglob("*")):
            with suppress(FileNotFoundError):
                if path.is_file():
                    yield str(path), path.read_bytes()
